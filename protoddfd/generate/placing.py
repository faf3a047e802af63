"""Puts an app's files where they belong: into a temporary folder, then, whole and durable, into place.

Never overwrites anything, and leaves nothing behind when it fails.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from protoddfd.errors import AppExists, NameInvalid, TemplateFailed
from protoddfd.generate.disk import rename_exclusively, sync_entry, sync_folder_tree
from protoddfd.generate.names import check_name, temporary_prefix


def put_in_place(destination: Path, name: str, write: Callable[[Path], None]) -> None:
    """Make the app called `name` at `destination`, whole and durable, of what `write` puts into a folder.

    Raises:
        NameInvalid: the name cannot be an app's name.
        AppExists: something is at `destination` already.
        TemplateFailed: the disk refused. Whatever is raised, nothing is left behind.
    """
    refuse_name(name)
    if os.path.lexists(destination):
        raise _taken(destination)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=temporary_prefix(name), dir=destination.parent))
    except OSError as error:
        raise _disk_failed(destination.parent, error) from error
    try:
        write(temporary)
        commit(temporary, destination)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def write_files(root: Path, files: dict[str, tuple[bytes, int]]) -> None:
    """Write the bytes and modes of `files` below `root`; raise TemplateFailed when the disk refuses."""
    try:
        _write_all(root, files)
    except OSError as error:
        raise _disk_failed(root.parent, error) from error


def commit(temporary: Path, final: Path) -> None:
    """Make `temporary` durable and give it the name `final`, beside it, in one step.

    Raises:
        AppExists: something has that name; it is untouched, and so is `temporary`.
        TemplateFailed: the disk refused.
    """
    try:
        temporary.chmod(0o755)
        sync_folder_tree(temporary)
        rename_exclusively(temporary, final)
        _keep_name(temporary, final)
    except FileExistsError as error:
        raise _taken(final) from error
    except OSError as error:
        raise _disk_failed(final.parent, error) from error


def _keep_name(temporary: Path, final: Path) -> None:
    """Make the new name durable, or take it back."""
    try:
        sync_entry(final.parent)
    except OSError:
        final.rename(temporary)
        raise


def _write_all(root: Path, files: dict[str, tuple[bytes, int]]) -> None:
    """Write `files` below `root`, which must have none of them yet."""
    for folder in sorted({os.path.dirname(path) for path in files}):  # noqa: PTH120 - these are texts, and many
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, (content, mode) in files.items():
        _write(f"{root}/{path}", content, mode)


def _write(path: str, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def refuse_name(name: str) -> None:
    """Raise NameInvalid for what cannot be an app's name."""
    problem = check_name(name)
    if problem is not None:
        raise NameInvalid(problem.message, hint=problem.hint)


def _taken(path: Path) -> AppExists:
    return AppExists(
        f"{path} is there already", hint="choose another name, or move what is there out of the way"
    )


_DISK_HINTS = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space, or have the quota raised",
    errno.EROFS: "that disk is mounted read-only: mount it writable, or set paths.generated to another place",
    errno.EACCES: "let the daemon's user write there, or set paths.generated to another place",
    errno.EPERM: "let the daemon's user write there, or set paths.generated to another place",
    errno.ENOENT: "make that folder, or set paths.generated to another place",
}


def _disk_failed(folder: Path, error: OSError) -> TemplateFailed:
    hint = _DISK_HINTS.get(error.errno or 0, "see what is wrong with that disk")
    return TemplateFailed(f"cannot write the app into {folder}: {error.strerror or error}", hint=hint)
