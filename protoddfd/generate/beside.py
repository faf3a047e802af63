"""The files that a starter brings along: those of the folder of its name beside its spec."""

import shutil
from pathlib import Path

from protoddfd.errors import TemplateFailed
from protoddfd.generate.template import MANIFEST

SOURCES = "sources"
"""The folder of an app that they go into: what its syncs read, as a rule."""


def copy_beside(spec: Path, app: Path) -> None:
    """Copy the files beside a starter's spec into an app's folder, if there are any.

    Raises:
        TemplateFailed: they cannot be read or written, or one of them is no ordinary file.
    """
    folder = spec.with_suffix("")
    if not folder.is_dir() or (folder / MANIFEST).exists():
        return
    try:
        for file in sorted(folder.rglob("*")):
            if file.is_symlink() or not (file.is_file() or file.is_dir()):
                raise _faulty(file, "it is no ordinary file")
            goal = app / SOURCES / file.relative_to(folder)
            if file.is_file():
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, goal)
    except OSError as error:
        raise _faulty(folder, str(error)) from error


def _faulty(path: Path, fault: str) -> TemplateFailed:
    return TemplateFailed(f"cannot copy {path}: {fault}", hint="repair or remove it")
