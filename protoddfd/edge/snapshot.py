"""One JSON document on disk that is always whole: old or new, never neither.

A write goes to a temporary file, is fsynced and renamed, and the folder is fsynced. A schema version and a
checksum stand inside; the last generations are kept. A damaged file is set aside and the one before it is
used; a file from a newer version is never overwritten. Holds after a kill at any system call, and after any
one of them failed: tests/faults tries them all.
"""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec

SCHEMA = 1
GENERATIONS = 3
"""How many former contents are kept."""

_UNREADABLE = (errno.EIO, errno.EUCLEAN, errno.EBADMSG)
"""What the disk says of a file whose content it has lost; the latter two by file systems with checksums."""
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


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
    """What was read: the data, or None where nothing usable is there, and the damaged files there were.

    These have been set aside under the names given, if the disk let us rename them.
    """

    data: bytes | None
    quarantined: tuple[str, ...] = ()


def pack(data: bytes) -> bytes:
    """Return the file content for the JSON text `data`."""
    return _content(_seal(SCHEMA, data))


def _content(envelope: Envelope) -> bytes:
    return msgspec.json.encode(envelope) + b"\n"


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(str(error)) from error
    data = bytes(envelope.data)
    sealed = _seal(envelope.schema, data)
    if sealed.sha256 != envelope.sha256:
        raise Damaged("the checksum does not match")
    if envelope.schema > SCHEMA:
        raise FromNewerVersion(f"schema {envelope.schema}, this program knows {SCHEMA}")
    if content != _content(sealed):
        raise Damaged("bytes outside the data differ")
    return data


def _generation(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.name}.{number}")


def read(path: Path) -> Found:
    """Return the newest undamaged generation of `path`; damaged ones are renamed to `*.damaged-N`.

    Raises:
        FromNewerVersion: the newest readable one was written by a newer program.
        OSError: a file may not be read, or no descriptor is left; nothing was changed.
    """
    quarantined: list[str] = []
    for number in range(GENERATIONS + 1):
        candidate = _generation(path, number)
        try:
            return Found(data=unpack(_load(candidate)), quarantined=tuple(quarantined))
        except FileNotFoundError:
            continue
        except Damaged:
            quarantined.append(str(_set_aside(candidate)))
    return Found(data=None, quarantined=tuple(quarantined))


def _load(path: Path) -> bytes:
    for last in (False, True):  # some disks want to be asked twice
        try:
            return path.read_bytes()
        except OSError as error:
            if error.errno not in _UNREADABLE:
                raise
            if last:
                raise Damaged(str(error)) from error
    raise AssertionError


def _set_aside(path: Path) -> Path:
    """Rename a damaged file and return its new name, or its old one when the disk refuses."""
    taken = {each.name for each in path.parent.glob(f"{path.name}.damaged-*")}
    number = next(each for each in range(1, len(taken) + 2) if f"{path.name}.damaged-{each}" not in taken)
    try:
        return path.rename(path.with_name(f"{path.name}.damaged-{number}"))
    except OSError:
        return path


def write(path: Path, data: bytes) -> None:
    """Make `data` the content of `path`, durable when this returns; the former ones move down a generation.

    Raises:
        OSError: the disk refused; `path` has its former content, or the new one if only its durability is in
            doubt. While the former one stands, trying again pushes no generation out.
    """
    temporary = path.with_name(f"{path.name}.new")
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            _write_new(temporary, pack(data))
            _shift(path)
            temporary.rename(path)
        except OSError:
            _remove(temporary)
            raise
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    """Give back what a half-written file takes of a full disk."""
    with suppress(OSError):
        path.unlink()


def _shift(path: Path) -> None:
    """Move the kept generations down; the current file gets a second name, so that it is never missing.

    A write that failed or was killed on its way here has begun that already. It is gone on with and not begun
    anew: moving everything down again for each try would push all former contents out.
    """
    first = _generation(path, 1)
    if _same_file(path, first):
        return
    gaps = (each for each in range(1, GENERATIONS) if not _generation(path, each).exists())
    for number in range(next(gaps, GENERATIONS) - 1, 0, -1):
        _generation(path, number).rename(_generation(path, number + 1))
    with suppress(FileNotFoundError):
        _link(path, first)


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except FileNotFoundError:
        return False


def _link(path: Path, second: Path) -> None:
    try:
        second.hardlink_to(path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        path.rename(second)  # for a moment only former generations are there, and `read` takes the first
