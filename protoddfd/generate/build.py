"""The program that builds one bundle: `python -m protoddfd.generate.build APP_FOLDER CACHE DIGEST`.

Works on a copy in the cache, says each step on a line that starts with `::`, and renames the whole into
place at the end. The only module of this package that imports Reflex.
"""

import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from protoddfd.generate.bundle import PROGRESS_MARK
from protoddfd.generate.polish import hydrate_at_once, without_wide_gamut
from protoddfd.generate.sources import is_plain, plain_files

KEPT = ("appspec.json", "rxconfig.py", "dataforms", "assets", "reflex.lock")
LOCK = "frontend.lock"
"""The folder of `dataforms` that says which version of every library of the frontend is used."""
_LOCAL = re.compile(r"""[`'"](ws|http)://localhost:8000(/[^`'"]*)[`'"]""")


def main(app_folder: Path, cache: Path, digest: str) -> None:
    """Build the bundle called `digest` of the app in `app_folder`."""
    (cache / "tmp").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=cache / "tmp") as name:
        work = Path(name) / "app"
        copy_app(app_folder, work)
        os.chdir(work)
        sys.path.insert(0, str(work))
        compile_pages(cache)
        finished = gather(work / ".web", Path(name) / "bundle")
        (cache / "bundles").mkdir(exist_ok=True)
        finished.rename(cache / "bundles" / digest)
    say("the frontend is built")


def say(step: str) -> None:
    """Tell the one who started this program what happens now."""
    sys.stdout.write(f"{PROGRESS_MARK} {step}\n")
    sys.stdout.flush()


def copy_app(app_folder: Path, work: Path) -> None:
    """Copy what the frontend is made from."""
    work.mkdir()
    if is_plain(app_folder):
        _copy_files(app_folder, work)
    else:
        _copy_parts(app_folder, work)
    lock = work / "dataforms" / LOCK
    if lock.is_dir() and not (work / "reflex.lock").exists():
        shutil.copytree(lock, work / "reflex.lock")
    for name in ("bunfig.toml", ".npmrc"):  # with none, Reflex would measure which registry is nearest
        (work / name).touch()


def _copy_files(app_folder: Path, work: Path) -> None:
    for file in plain_files(app_folder):
        target = work / file.relative_to(app_folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)


def _copy_parts(app_folder: Path, work: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for source in [app_folder / name for name in KEPT] + sorted(app_folder.glob("*_app")):
        if source.is_dir():
            shutil.copytree(source, work / source.name, ignore=ignored)
        elif source.is_file():
            shutil.copy2(source, work)


def compile_pages(cache: Path) -> None:
    """Turn the pages into JavaScript and that into a bundle, below `.web` of the working folder."""
    from reflex.utils import build, frontend_skeleton, js_runtimes, prerequisites
    from reflex_base import constants
    from reflex_base.config import Config
    from reflex_base.environment import environment

    environment.REFLEX_COMPILE_CONTEXT.set(constants.CompileContext.EXPORT)
    environment.REFLEX_ENV_MODE.set(constants.Env.PROD)
    install = js_runtimes.install_frontend_packages

    def install_shared(packages: set[str], config: Config) -> None:
        framework = constants.PackageJson
        wanted = _name_of(packages, framework.DEPENDENCIES, framework.DEV_DEPENDENCIES, framework.OVERRIDES)
        share_packages(cache, wanted, Path.cwd() / ".web", lambda: install(packages, config))

    js_runtimes.install_frontend_packages = install_shared
    prerequisites.initialize_reflex_user_directory()  # type: ignore[no-untyped-call]  # Reflex has no types here
    frontend_skeleton.initialize_web_directory()  # type: ignore[no-untyped-call]  # Reflex has no types here
    say("compiling the pages")
    prerequisites.get_compiled_app(prerender_routes=True, use_rich=False, trigger="export")
    say("bundling the pages")
    build.setup_frontend(Path.cwd())
    forget_when(Path.cwd() / ".web" / "reflex.json")
    rewrite(Path.cwd() / ".web" / "app" / "entry.client.js", hydrate_at_once)
    build.build()  # type: ignore[no-untyped-call]  # Reflex has no types here


def _name_of(packages: Iterable[str], *framework: Mapping[str, str]) -> str:
    """Return a name for a set of packages: the same for the same ones at the same versions."""
    lock = Path("reflex.lock/bun.lock")
    content = [sorted(packages), *(sorted(each.items()) for each in framework)]
    text = json.dumps([content, lock.read_text() if lock.is_file() else ""])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def share_packages(cache: Path, name: str, web: Path, install: Callable[[], None]) -> None:
    """Give `web` the installed packages called `name`, which `install` puts there if nobody has before."""
    shared = cache / "packages" / name
    shared.parent.mkdir(exist_ok=True)
    (cache / "locks").mkdir(exist_ok=True)
    with (cache / "locks" / f"packages-{name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.is_dir():
            say("installing the libraries of the frontend")
            install()
            _move_packages(web, shared)
    shutil.copy2(shared / "package.json", web)
    (web / "node_modules").symlink_to(shared / "node_modules")


def _move_packages(web: Path, shared: Path) -> None:
    making = shared.with_name(f".{shared.name}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    (web / "node_modules").rename(making / "node_modules")
    shutil.copy2(web / "package.json", making)
    making.rename(shared)


def forget_when(note: Path) -> None:
    """Take the time and the random number out of Reflex's `note`, which goes into every bundle."""
    version = json.loads(note.read_text())["version"]
    note.write_text(json.dumps({"version": version, "project_hash": 0}))


def gather(web: Path, bundle: Path) -> Path:
    """Move what serving needs from `web` into the new folder `bundle`; equal sources give equal bytes."""
    for name in ("build/client", "backend"):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).rename(bundle / name)
    (web / "reflex.json").rename(bundle / "reflex.json")
    assets = bundle / "build" / "client" / "assets"
    for chunk in assets.glob("reflex-env-*.js"):
        rewrite(chunk, same_origin)
    for sheet in assets.glob("*.css"):
        rewrite(sheet, without_wide_gamut)
    return bundle


def rewrite(file: Path, change: Callable[[str], str]) -> None:
    """Change the text of `file`, and of its packed copy if it has one."""
    content = change(file.read_text()).encode()
    file.write_bytes(content)
    packed = file.with_name(f"{file.name}.gz")
    if packed.is_file():
        packed.write_bytes(gzip.compress(content, mtime=0))


def same_origin(script: str) -> str:
    """Return the chunk with the backend's addresses, made to ask the origin that the page came from."""
    return _LOCAL.sub(_asking_origin, script)


def _asking_origin(found: re.Match[str]) -> str:
    origin = "${location.origin}" if found[1] == "http" else "${location.origin.replace('http','ws')}"
    return f"`{origin}{found[2]}`"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3])
