"""What an app's frontend is made from: which files count, and what in them. Never runs any of them."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import dataforms

STANDARD_MODULE = "from dataforms.app import create_app\napp = create_app()"
STANDARD_CONFIG = 'from dataforms.config import app_config\nconfig = app_config("{name}")'
FOLDERS = ("assets", "reflex.lock")
SPEC_FILE = "appspec.json"
_IGNORED = ("__pycache__", "tests")
_NOT_PAGES = ("data", "node_modules", "uploaded_files", "venv", "env")
"""Folders of a plain app that no page is made from."""


def frontend_parts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of every part, in a fixed order.

    An app that only says what the template says yields the same whatever it is called. One that says more
    yields its name too, since module names are part of a bundle.
    """
    name, package = app_name(folder)
    if is_plain(folder):
        yield "name", name.encode()
        for file in plain_files(folder):
            yield file.relative_to(folder).as_posix(), file.read_bytes()
        return
    standard = is_standard(folder, name, package)
    yield "name", b"" if standard else name.encode()
    runtime = folder / "dataforms"
    yield from _files("dataforms", runtime if runtime.is_dir() else Path(dataforms.__file__).parent)
    if not standard:
        yield "rxconfig.py", (folder / "rxconfig.py").read_bytes()
        yield from _files("app", package)
    for each in FOLDERS:
        yield from _files(each, folder / each)


def is_plain(folder: Path) -> bool:
    """Return whether an app is Reflex alone: it has no spec, and nothing that would render one."""
    return not (folder / SPEC_FILE).exists() and not (folder / "dataforms").exists()


def plain_files(folder: Path) -> Iterator[Path]:
    """Yield all files of a plain app that its pages may be made from, in a fixed order."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in (*_IGNORED, *_NOT_PAGES):
            continue
        if entry.is_file():
            yield entry
        elif entry.is_dir():
            yield from (Path(path) for _, path in _walk(os.fspath(entry), ""))


def app_name(folder: Path) -> tuple[str, Path]:
    """Return an app's name and its package, the one folder called `<name>_app`; raise FileNotFoundError."""
    for package in sorted(folder.glob("*_app")):
        name = package.name.removesuffix("_app")
        if (package / f"{name}.py").is_file():
            return name, package
    raise FileNotFoundError(f"{folder} has no package called <name>_app with <name>.py in it")


def is_standard(folder: Path, name: str, package: Path) -> bool:
    """Return whether the app's own Python says what the template says, comments and docstrings aside."""
    own = {file for file, _ in _walk(os.fspath(package), "")}
    return (
        own <= {"__init__.py", f"{name}.py"}
        and _says(package / "__init__.py", "")
        and _says(package / f"{name}.py", STANDARD_MODULE)
        and _says(folder / "rxconfig.py", STANDARD_CONFIG.format(name=name))
    )


def _says(file: Path, source: str) -> bool:
    if not file.is_file():
        return not source
    try:
        found = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return False
    if ast.get_docstring(found, clean=False) is not None:
        del found.body[0]
    return ast.dump(found) == ast.dump(ast.parse(source))


def _files(prefix: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    if folder.is_dir():
        for name, path in _walk(os.fspath(folder), f"{prefix}/"):
            with open(path, "rb") as file:  # noqa: PTH123 - these are texts, and many
                yield name, file.read()


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name and path of every file below that counts, in a fixed order."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name in _IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file() and not entry.name.endswith(".pyc"):
            yield f"{prefix}{entry.name}", entry.path
