"""One JSON document on disk that is always whole: old or new, never neither.

A write goes to a temporary file, is fsynced and renamed, and the folder is fsynced. A schema version and a
checksum stand inside; the last generations are kept. A damaged file is set aside and the one before it is
used; a file from a newer version is never overwritten.
"""

import hashlib
import os
from pathlib import Path

import msgspec

SCHEMA = 1
GENERATIONS = 3


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the file: the schema, the SHA-256 of `data`'s bytes, and the data."""

    schema: int
    sha256: str
    data: msgspec.Raw


class Damaged(Exception):
    """The file's content is not what was written."""


class FromNewerVersion(Exception):
    """A newer program wrote the file."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was read: the data, or None where nothing usable is there, and what had to be set aside."""

    data: bytes | None
    quarantined: tuple[str, ...] = ()


def pack(data: bytes) -> bytes:
    """Return the file content for the JSON text `data`."""
    return msgspec.json.encode(_seal(SCHEMA, data)) + b"\n"


def _seal(schema: int, data: bytes) -> Envelope:
    """Return the envelope of `data`; the checksum covers the schema: a flipped bit is no newer version."""
    digest = hashlib.sha256(b"%d\n" % schema + data).hexdigest()
    return Envelope(schema=schema, sha256=digest, data=msgspec.Raw(data))


def unpack(content: bytes) -> bytes:
    """Return the data in a file's `content`.

    Raises:
        Damaged: some bit is not as it was written.
        FromNewerVersion: a newer program wrote it.
    """
    try:
        envelope = msgspec.json.decode(content, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(str(error)) from error
    data = bytes(envelope.data)
    if _seal(envelope.schema, data).sha256 != envelope.sha256:
        raise Damaged("the checksum does not match")
    if envelope.schema > SCHEMA:
        raise FromNewerVersion(f"schema {envelope.schema}, this program knows {SCHEMA}")
    if content != pack(data):
        raise Damaged("bytes outside the data differ")
    return data


def _generation(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.name}.{number}")


def read(path: Path) -> Found:
    """Return the newest undamaged generation of `path`; damaged ones are renamed to `*.damaged-N`.

    Raises:
        FromNewerVersion: the newest readable one was written by a newer program.
        OSError: the disk refuses.
    """
    quarantined: list[str] = []
    for number in range(GENERATIONS + 1):
        candidate = _generation(path, number)
        try:
            content = candidate.read_bytes()
        except FileNotFoundError:
            continue
        try:
            return Found(data=unpack(content), quarantined=tuple(quarantined))
        except Damaged:
            quarantined.append(str(_set_aside(candidate)))
    return Found(data=None, quarantined=tuple(quarantined))


def _set_aside(path: Path) -> Path:
    for number in range(1, 1000):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        if not aside.exists():
            break
    path.rename(aside)
    return aside


def write(path: Path, data: bytes) -> None:
    """Make `data` the content of `path`, durable when this returns; the former ones move down a generation.

    Raises:
        OSError: the disk refused; `path` still has its former content.
    """
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write_all(descriptor, pack(data))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _shift(path)
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _shift(path: Path) -> None:
    """Move the kept generations down; the current file gets a second name, so that it is never missing."""
    for number in range(GENERATIONS - 1, 0, -1):
        older = _generation(path, number)
        if older.exists():
            older.rename(_generation(path, number + 1))
    if path.exists():
        first = _generation(path, 1)
        first.unlink(missing_ok=True)
        first.hardlink_to(path)
