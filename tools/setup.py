"""Sets a checkout up: .venv with the locked libraries, this project in it, and the shared frontend bundle.

Runs on the standard library alone, on whatever Python run.sh found. Does nothing when nothing changed; a
set-up that was cut short is begun again. Only one runs at a time.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "set-up.json"
CACHE = Path(os.environ.get("PROTODDF_CACHE") or ROOT / ".protoddf" / "cache")
COMPILED_STAMP = VENV / "compiled.json"
SOURCES = ("protoddfd", "protoddfctl", "templates/data_app/dataforms")
BUNDLE_STAMP = CACHE / "set-up.json"
FRONTEND_SOURCES = (ROOT / "templates" / "data_app", ROOT / "protoddfd" / "generate")
"""What the shared frontend bundle is made from, and by."""
RUNTIME_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
FIRST_SPACE_BYTES = 1_500_000_000
"""What a first set-up takes at most, libraries, frontend packages and bundle together."""


class SetUpError(Exception):
    """A set-up that cannot go on; what happened, and a line of what helps."""

    def __init__(self, message: str, help_text: str) -> None:
        super().__init__(message)
        self.help_text = help_text


def main() -> int:
    """Set up what is not; return the exit status."""
    options = argparse.ArgumentParser(description="Sets this checkout up.")
    options.add_argument("--dev", action="store_true", help="with the tools that tests need")
    options.add_argument("--no-bundle", action="store_true", help="without the shared frontend bundle")
    chosen = options.parse_args()
    try:
        with only_one(ROOT / ".protoddf" / "set-up.lock"):
            set_up_libraries(dev=chosen.dev)
            compile_sources()
            if not chosen.no_bundle:
                set_up_bundle()
    except SetUpError as error:
        say(f"error: {error}")
        say(f"  {error.help_text}")
        return 1
    except KeyboardInterrupt:
        say("set-up interrupted; the next one begins again")
        return 130
    return 0


def set_up_libraries(*, dev: bool) -> None:
    """Make .venv hold what the lock says, and this project."""
    before = read_json(STAMP)
    wanted = {"python": python_version(), "runtime": digest_of(RUNTIME_LOCK, ROOT / "pyproject.toml")}
    if dev:
        wanted["dev"] = digest_of(DEV_LOCK)
    if all(before.get(key) == value for key, value in wanted.items()) and PYTHON.exists():
        return
    if before.get("python") != wanted["python"] or not PYTHON.exists():
        make_venv()
    elif before.get("dev") is not None:
        dev = True
        wanted["dev"] = digest_of(DEV_LOCK)
    STAMP.unlink(missing_ok=True)
    with step("installing the libraries"):
        install(DEV_LOCK if dev else RUNTIME_LOCK)
        install_project()
    write_json(STAMP, wanted)


def make_venv() -> None:
    """Make .venv anew."""
    free = shutil.disk_usage(ROOT).free
    if free < FIRST_SPACE_BYTES:
        raise SetUpError(
            f"there is not enough space in {ROOT}: {free / 1e9:.1f} GB are free, "
            f"and a first set-up takes up to {FIRST_SPACE_BYTES / 1e9:.1f}",
            "free some space, or move the checkout to another disk",
        )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    no_venv = SetUpError(
        f"Python {version} ({sys.executable}) cannot make virtual environments",
        f"Debian, Ubuntu: apt install python{version}-venv (or python3-venv)",
    )
    if subprocess.call([sys.executable, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL) != 0:
        raise no_venv
    with step(f"making .venv with Python {version}"):
        shutil.rmtree(VENV, ignore_errors=True)
        base = getattr(sys, "_base_executable", "") or sys.executable
        if not run([base, "-m", "venv", str(VENV)]):
            raise no_venv


def install(lock: Path) -> None:
    """Install what `lock` says, files checked against their hashes: with uv, or pip where that fails."""
    uv = VENV / "set-up-uv.txt"
    uv.write_text(lines_of("uv", lock.read_text()))
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    try:
        bootstrapped = run([*pip, "--no-deps", "-r", str(uv)], quiet=True)
    finally:
        uv.unlink()
    environment = {**os.environ, **uv_settings()}
    command = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
    command += ["--python", str(PYTHON)]
    if bootstrapped and run([*command, "--require-hashes", "-r", str(lock)], environment, quiet=True):
        return
    say("  (with pip, which takes longer)")
    if not run([*pip, "--prefer-binary", "-r", str(lock)]):
        raise SetUpError(
            "the libraries could not be installed; pip's lines above say why",
            "behind a proxy or a mirror, tell pip: pip config set global.index-url ...; then run this again",
        )


def install_project() -> None:
    """Install this project from where it lies."""
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if not run([*pip, *options]):
        raise SetUpError("this project could not be installed; pip's lines above say why", "run this again")
    # setuptools maps packages that lie apart with an import hook, which costs every Python start 14 ms; two
    # folders on the path do the same.
    for hook in VENV.glob("lib/python3*/site-packages/__editable__.proto_ddf*.pth"):
        hook.write_text(f"{ROOT}\n{ROOT / 'templates' / 'data_app'}\n")
    link_manual_pages()


def link_manual_pages() -> None:
    """Let `man` find the manual pages, which it looks for beside the programs on PATH."""
    for page in (ROOT / "docs" / "man").glob("man*/*"):
        link = VENV / "share" / "man" / page.parent.name / page.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(page)


def compile_sources() -> None:
    """Compile this project's own modules when they changed.

    Python would do so as it imports them, unless it is told to write no bytecode; then every start of the
    daemon and of an app would compile all of them again.
    """
    wanted = {"python": python_version(), "sources": fingerprint(*(ROOT / name for name in SOURCES))}
    if read_json(COMPILED_STAMP) == wanted:
        return
    folders = [str(ROOT / name) for name in SOURCES]
    run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", *folders])
    write_json(COMPILED_STAMP, wanted)


def set_up_bundle() -> None:
    """Make the cache hold the frontend bundle that every new app shares."""
    wanted = {
        "python": python_version(),
        "lock": digest_of(RUNTIME_LOCK),
        "sources": fingerprint(*FRONTEND_SOURCES),
    }
    before = read_json(BUNDLE_STAMP)
    if before == wanted and any((CACHE / "bundles").glob("*")):
        return
    program = (
        "import sys; from pathlib import Path; from protoddfd.generate.bundle import ensure_shared; "
        "ensure_shared(Path(sys.argv[1]), lambda text: print('  ' + text, file=sys.stderr, flush=True))"
    )
    with step("building the frontend that apps share"):
        if not run([str(PYTHON), "-c", program, str(CACHE)]):
            raise SetUpError("the frontend could not be built; the lines above say why", "run this again")
    write_json(BUNDLE_STAMP, wanted)


def fingerprint(*folders: Path) -> str:
    """Return what changes when a file below `folders` may have changed."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found = path.stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def uv_settings() -> dict[str, str]:
    """Return the environment that makes uv use the registries that pip is told to use."""
    listed = subprocess.run(  # noqa: S603 - our own words
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    said = dict(re.findall(r"^(?:\S+\.)?([a-z-]+)='(.*)'$", listed, flags=re.MULTILINE))
    settings = {
        "UV_INDEX_STRATEGY": "unsafe-best-match"
    }  # as pip does; the hashes decide what may be installed
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE"}
    settings |= {ours: said[theirs] for theirs, ours in names.items() if said.get(theirs)}
    if said.get("find-links"):
        settings["UV_FIND_LINKS"] = said["find-links"].replace(" ", ",")
    if said.get("no-index") in ("1", "true", "yes"):
        settings["UV_NO_INDEX"] = "1"
    return {name: value for name, value in settings.items() if name not in os.environ}


def lines_of(package: str, lock: str) -> str:
    """Return the lines of one package in a lock file: its version and hashes."""
    found = re.search(rf"^{re.escape(package)}==(?:.*\\\n)*.*\n", lock, flags=re.MULTILINE)
    if found is None:
        raise SetUpError(f"the lock file does not name {package}", "git checkout -- requirements*.lock")
    return found[0]


def run(command: list[str], environment: dict[str, str] | None = None, *, quiet: bool = False) -> bool:
    """Tell whether `command` succeeded; `quiet` throws its words away."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.call(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment) == 0  # noqa: S603


def python_version() -> str:
    """Return what of a Python decides whether a .venv fits it."""
    return f"{sys.implementation.name} {sys.version.split()[0]}"


def digest_of(*files: Path) -> str:
    """Return the hash of what is in `files`."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def read_json(path: Path) -> dict[str, str]:
    """Return what a stamp says; nothing when it is missing or broken."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: dict[str, str]) -> None:
    """Write a stamp, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".new")
    making.write_text(json.dumps(content, indent=2) + "\n")
    making.replace(path)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold `lock` while the block runs; wait for another set-up, and say so."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of this checkout is at work; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what happens now, and how long it took."""
    started = time.monotonic()
    say(f"{title} ...")
    yield
    say(f"{title}: {time.monotonic() - started:.1f} s")


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this program's own output


if __name__ == "__main__":
    sys.exit(main())
