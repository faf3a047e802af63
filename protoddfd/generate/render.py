"""Writes an app's files: from a template and a spec into a temporary folder, then, whole, into place.

Never overwrites anything, and leaves nothing behind when it fails. The spec is written as the bytes it came
in: no text of it reaches any other file.
"""

import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
from jinja2 import TemplateError

from protoddfd.errors import TemplateFailed
from protoddfd.generate.environment import render_text
from protoddfd.generate.placing import put_in_place, refuse_name, write_files
from protoddfd.generate.template import APP_FOLDER, MANIFEST

SPEC_FILE = "appspec.json"
PROMISES_FILE = "tests/appspec.json"
"""The spec that an app was made from, for its tests: they tell when the app does not keep to it any more."""
SKIPPED = ("__pycache__", "*.pyc", ".*_cache")
SKIPPED_IN_COPIES = ("tests", *SKIPPED)
"""What is left out of a folder that goes into apps as it is: a library's own tests stay with the template."""


class SourceFile(msgspec.Struct, frozen=True):
    """One file of a template: where it goes (a template text itself), its bytes, and its mode."""

    path: str
    content: bytes
    mode: int
    is_template: bool


class _Found(msgspec.Struct, frozen=True):
    """A template's file before it is read. Equal ones have equal content, as far as the disk tells."""

    path: str
    file: str
    mode: int
    size: int
    changed_ns: int
    is_template: bool


class _Copied(msgspec.Struct, frozen=True, rename={"patterns": "_copy_without_render"}):
    """The key of cookiecutter.json that says which folders are copied as they are."""

    patterns: tuple[str, ...] = ()


def generate(
    template: Path,
    destination: Path,
    name: str,
    spec: bytes | None,
    fill: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Write the app called `name` at `destination`, whole and durable.

    `fill` is called with the folder while it still has another name, to add what belongs to the app.

    Raises:
        NameInvalid: the name cannot be an app's name.
        AppExists: something is at `destination` already.
        TemplateFailed: the template is faulty, or the disk refused; nothing is left behind.
    """

    def write(folder: Path) -> None:
        render(template, folder, name, spec)
        fill(folder)

    put_in_place(destination, name, write)


def render(template: Path, destination_tmp: Path, name: str, spec: bytes | None) -> None:
    """Write the files of the app called `name` into `destination_tmp`; `spec` is None for what has none.

    Raises:
        NameInvalid: the name cannot be an app's name.
        TemplateFailed: the template is faulty, or the disk refused. What was written stays: see `generate`.
    """
    refuse_name(name)
    files = {path: (content, mode) for path, content, mode in _rendered(template, name)}
    if spec is not None:
        files[SPEC_FILE] = (spec, 0o644)
        if PROMISES_FILE in files:
            files[PROMISES_FILE] = (spec, 0o644)
    write_files(destination_tmp, files)


def _rendered(template: Path, name: str) -> Iterator[tuple[str, bytes, int]]:
    """Yield path, bytes and mode of every file of the app; rendered Python is proven to compile."""
    for source in _sources(template):
        try:
            path = render_text(source.path, name)
            content = _rendered_content(source, path, name) if source.is_template else source.content
        except (TemplateError, SyntaxError, UnicodeError) as error:
            raise _faulty(template, f"{source.path}: {error}") from error
        yield path, content, source.mode


def _rendered_content(source: SourceFile, path: str, name: str) -> bytes:
    content = render_text(source.content.decode(), name).encode()
    if path.endswith(".py"):
        compile(content, path, "exec", dont_inherit=True)
    return content


def _sources(template: Path) -> tuple[SourceFile, ...]:
    """Return the template's files, read anew only when one of them changed."""
    try:
        copied = msgspec.json.decode((template / MANIFEST).read_bytes(), type=_Copied)
        return _read_all(tuple(_walk(template / APP_FOLDER, "", copied.patterns)))
    except (OSError, msgspec.DecodeError) as error:
        raise _faulty(template, str(error)) from error


@lru_cache(maxsize=8)
def _read_all(found: tuple[_Found, ...]) -> tuple[SourceFile, ...]:
    return tuple(
        SourceFile(each.path, Path(each.file).read_bytes(), each.mode, each.is_template) for each in found
    )


def _walk(
    folder: str | Path, prefix: str, copied: tuple[str, ...], *, is_template: bool = True
) -> Iterator[_Found]:
    """Yield the files below `folder`, sorted; those below a folder that matches `copied` are no templates."""
    skipped = SKIPPED if is_template else SKIPPED_IN_COPIES
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = f"{prefix}{entry.name}"
            if _matches(entry.name, skipped):
                continue
            renders = is_template and not _matches(path, copied)
            if entry.is_dir():
                yield from _walk(entry.path, f"{path}/", copied, is_template=renders)
            else:
                found = entry.stat()
                mode = found.st_mode & 0o755
                yield _Found(path, entry.path, mode, found.st_size, found.st_mtime_ns, renders)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return bool(patterns) and _any_of(patterns).match(name) is not None


@lru_cache(maxsize=32)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


def _faulty(template: Path, fault: str) -> TemplateFailed:
    return TemplateFailed(f"the template {template.name} is faulty: {fault}", hint=f"repair {template}")
