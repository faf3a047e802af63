"""What the source of an app is, and what of it has changed between two looks. Watches nothing.

Not its source: what it writes itself (data, uploads, logs), what is made from its source, and what it only
has installed. A file counts by its name, or because it is a program.
"""

import os
import stat
from collections.abc import Collection

import msgspec

FOLDERS_MAX = 2_000
FILES_MAX = 20_000
_LOOKS = 3

IGNORED_FOLDERS = frozenset(
    {"data", "logs", "log", "uploads", "uploaded_files", "media", "instance", "cache", "tmp", "temp"}
    | {"__pycache__", "node_modules", "venv", "env"}
)
"""And every folder whose name begins with a dot, and every virtual environment whatever it is called."""

_CODE = {
    "py",
    "pyi",
    "js",
    "mjs",
    "cjs",
    "ts",
    "jsx",
    "tsx",
    "vue",
    "svelte",
    "rb",
    "php",
    "go",
    "rs",
    "jar",
    "sh",
    "sql",
}
_PAGES = {"html", "htm", "jinja", "jinja2", "j2", "css", "scss", "sass", "less"}
_CONFIGURATION = {"json", "toml", "yaml", "yml", "ini", "cfg", "conf", "env", "po", "mo"}
SOURCE_SUFFIXES = frozenset(f".{name}" for name in _CODE | _PAGES | _CONFIGURATION)


class Signature(msgspec.Struct, frozen=True):
    """What tells one state of a file from another; an editor that writes by renaming changes the inode."""

    written_ns: int
    size: int
    inode: int


class Tree(msgspec.Struct, frozen=True):
    """The source files below a folder, and the folders that they are in or could be in, with their inodes."""

    files: dict[str, Signature]
    changed_ns: dict[str, int]
    """When each file was last written, renamed or made another's: Unix time in nanoseconds."""
    folders: dict[str, int]
    complete: bool = True
    """Are there no more files and folders than are looked at?"""

    @property
    def is_there(self) -> bool:
        """Was the folder there?"""
        return bool(self.folders)


def look(folder: str, ignored: Collection[str] = ()) -> Tree:
    """Return the source below `folder`; a millisecond for 100 files. `ignored` are further names of folders.

    What cannot be read is passed over; raises nothing.
    """
    for _ in range(_LOOKS):
        tree = _look(folder, ignored)
        if tree.folders.get(folder, 0) == _inode(folder):  # else it was moved or replaced under our eyes
            break
    return tree


def _look(folder: str, ignored: Collection[str]) -> Tree:
    tree = Tree(files={}, changed_ns={}, folders={})
    waiting = [(folder, _inode(folder))]
    while waiting and len(tree.folders) < FOLDERS_MAX and len(tree.files) < FILES_MAX:
        here, inode = waiting.pop()
        found = _read(here)
        if not inode or found is None or (_is_environment(found) and here != folder):
            continue
        tree.folders[here] = inode
        for entry in found:
            if not _is_folder(entry):
                _note(entry, tree)
            elif _is_of_interest(entry.name, ignored):
                waiting.append((entry.path, entry.inode()))
    return msgspec.structs.replace(tree, complete=not waiting)


def differences(before: Tree, after: Tree) -> tuple[str, ...]:
    """Return the paths that were added, changed or removed."""
    return tuple(
        sorted(
            path
            for path in before.files.keys() | after.files.keys()
            if before.files.get(path) != after.files.get(path)
        )
    )


def nearest_folder(path: str) -> str:
    """Return the lowest folder above `path` that is there."""
    above = os.path.dirname(path)  # noqa: PTH120
    while not os.path.isdir(above):  # noqa: PTH112
        above = os.path.dirname(above)  # noqa: PTH120
    return above


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino  # noqa: PTH116  thousands of them: no Path for each
    except OSError:
        return 0


def _read(folder: str) -> list[os.DirEntry[str]] | None:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return None


def _is_environment(entries: Collection[os.DirEntry[str]]) -> bool:
    return any(entry.name == "pyvenv.cfg" for entry in entries)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_of_interest(name: str, ignored: Collection[str]) -> bool:
    return not (name.startswith(".") or name in IGNORED_FOLDERS or name in ignored) and name.isprintable()


def _note(entry: os.DirEntry[str], tree: Tree) -> None:
    """Add a source file to the tree; anything else is passed over."""
    try:
        seen = entry.stat()
    except OSError:
        return
    if stat.S_ISREG(seen.st_mode) and _is_source(entry.name, seen.st_mode):
        tree.files[entry.path] = Signature(seen.st_mtime_ns, seen.st_size, seen.st_ino)
        tree.changed_ns[entry.path] = seen.st_ctime_ns


def _is_source(name: str, mode: int) -> bool:
    if name == ".env" or name.startswith(".env.") or name == "requirements.txt":
        return True
    if name.startswith((".", "#")) or name.endswith("~"):  # of editors, while they write
        return False
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    return suffix in SOURCE_SUFFIXES or (not suffix and bool(mode & stat.S_IXUSR))
