"""Templates from elsewhere: folders of cookiecutter's kind that somebody gives by their path.

Nothing in them is trusted, and only plain files inside the folder are read. What becomes of them is told by
`elsewhere_texts`, and whether their hooks run by `hooks`.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from protoddfd.errors import TemplateRefused, TemplateUnknown
from protoddfd.generate.template import MANIFEST

HOOKS = "hooks"
LARGEST_BYTES = 20 << 20
"""The largest file of a template; its manifest may have a twentieth of that."""
ALL_BYTES = 200 << 20
"""What all files of a template, or of an app that it makes, may have together."""
FILES = 10_000
DEEPEST = 30
NAMED = ("name", "app_name", "project_name", "project_slug", "repo_name")
_IGNORED = (".git",)
Files = dict[str, tuple[bytes, int]]
"""Bytes and mode of files by their paths."""


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A template that was read: every file of it, and what its cookiecutter.json says."""

    folder: Path
    files: Files
    manifest: Mapping[str, Any]

    def is_named(self, key: str) -> bool:
        """Tell whether a variable is the app's name: is called so, and its default is not made of others."""
        default = self.manifest[key]
        return key in NAMED and not (isinstance(default, str) and "{" in default)

    @property
    def hooks(self) -> tuple[str, ...]:
        """The names of the programs that it would have run."""
        return tuple(path for path in self.files if path.startswith(f"{HOOKS}/"))

    @property
    def hash(self) -> str:
        """What tells it from every other template, in any file: hooks may use them all."""
        digester = hashlib.sha256()
        for path, (content, mode) in sorted(self.files.items()):
            digester.update(f"{path}\0{mode & 0o100}\0{len(content)}\0".encode(errors="surrogateescape"))
            digester.update(content)
        return f"sha256:{digester.hexdigest()}"


def read(folder: Path) -> Elsewhere:
    """Return the template in `folder`.

    Raises:
        TemplateUnknown: there is none.
        TemplateRefused: something in it is not allowed.
    """
    if not (folder / MANIFEST).is_file():
        raise TemplateUnknown(
            f"there is no template in {folder}: it has no {MANIFEST}",
            hint="give the folder that has it, or a name that protoddfctl templates lists",
        )
    files: Files = {}
    size = 0
    for path in _walk(folder, folder, 0):
        content, mode = _plain_file(folder, path)
        size += len(content)
        if size > ALL_BYTES or len(files) == FILES:
            raise refused(folder, f"it has more than {ALL_BYTES >> 20} MiB or {FILES:,} files")
        files[path] = content, mode
    return Elsewhere(folder=folder, files=files, manifest=_manifest(folder, files))


def _walk(root: Path, folder: Path, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise refused(root, f"its folders are more than {DEEPEST} deep")
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise refused(root, f"cannot read {folder}: {error.strerror}") from error
    for entry in found:
        path = Path(entry.path).relative_to(root).as_posix()
        if depth == 0 and entry.name in _IGNORED:
            continue
        if entry.is_symlink():
            raise refused(root, f"{path} is a symbolic link", "put what it leads to in its place")
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, Path(entry.path), depth + 1)
        else:
            yield path


def _plain_file(root: Path, path: str) -> tuple[bytes, int]:
    """Return bytes and mode of a file that is no link, pipe or device."""
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise refused(root, f"cannot read {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise refused(root, f"{path} is no plain file")
        content = file.read(LARGEST_BYTES + 1) if found.st_size <= LARGEST_BYTES else b""
        if found.st_size > LARGEST_BYTES or len(content) > LARGEST_BYTES:
            raise refused(root, f"{path} has more than {LARGEST_BYTES >> 20} MiB")
    return content, found.st_mode & 0o755


def _manifest(folder: Path, files: Files) -> Mapping[str, Any]:
    content = files[MANIFEST][0]
    try:
        said = msgspec.json.decode(content[: LARGEST_BYTES // 20], type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refused(folder, f"its {MANIFEST} cannot be read: {error}") from error
    if "templates" in said or "template" in said:
        raise refused(folder, "it is a choice of several templates", "give the folder of one of them")
    if said.get("_extensions"):
        raise refused(folder, "its _extensions are programs, which are not loaded", "remove them")
    return said


def refused(folder: Path, fault: str, hint: str = "") -> TemplateRefused:
    """Return the error that says what is wrong with a template from elsewhere."""
    return TemplateRefused(f"the template {folder} is refused: {fault}", hint=hint or f"look into {folder}")
