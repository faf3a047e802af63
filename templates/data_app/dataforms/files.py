"""The bytes of uploaded files: kept once by their SHA-256, in folders of two levels, until nobody needs them.

Knows no record and no request. `data/files/ab/cd/abcd...` is a file; `incoming` has what is on its way.
"""

import fcntl
import hashlib
import importlib
import os
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from dataforms.errors import FieldError
from dataforms.sniffing import HEAD_BYTES, picture_size, sniffed
from dataforms.spec import Entity, Field
from dataforms.typerow import Attachment, Value
from dataforms.types import type_of
from dataforms.types_file import PICTURES, safe_name, size_fault, size_limit, type_fault
from dataforms.words import say

FOLDER = Path("data/files")
"""Where an app has them, below its working folder."""
UNUSED_S = 86_400.0
"""So long a file that no record has is kept: a form may still hold it."""
PICTURE_HEAD_BYTES = 2_097_152
"""So much of a picture is searched for its dimensions: previews and colour profiles may stand before them."""
PIXELS = 100_000_000
"""More than a picture for a page ever has; fewer than what makes a browser run out of memory."""


class Files:
    """The files below `folder`, which is made on first use. Several threads and processes may use it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def receive(self, field: Field, name: str) -> "Upload":
        """Return what takes the bytes of a file for `field`; raise OSError."""
        incoming = self._folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        return Upload(self, incoming / secrets.token_hex(16), field, safe_name(name))

    def path(self, digest: str) -> Path:
        """Return where the file with these bytes is, or would be."""
        return self._folder / digest[:2] / digest[2:4] / digest

    def fault(self, value: Attachment) -> str | None:
        """Return why `value` cannot be what a record has, None if it can; it is not collected soon then.

        Somebody may have made it up: the file must be there, and be what the value says.
        """
        path = self.path(value.digest)
        with self._alone():
            try:
                os.utime(path)
            except FileNotFoundError:
                return say("The file is not here any more: choose it again.")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            size = os.fstat(file.fileno()).st_size
        if size != value.size or sniffed(head, value.name) != value.type:
            return say("Must be a file that was uploaded.")
        return None

    def keep(self, path: Path, digest: str) -> None:
        """Take the file at `path` in, under its digest, so that it survives a loss of power."""
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            path.replace(target)
            os.utime(target)
        for folder in (target.parent, target.parent.parent, self._folder):
            _sync_folder(folder)

    def collect(self, used: Collection[str], older_than_s: float = UNUSED_S) -> int:
        """Delete the files that are not `used` and have not been for so long; return how many.

        A file that is uploaded again, or comes into a record, counts as new.
        """
        before = time.time() - older_than_s
        gone = 0
        for path in self._kept():
            if path.name not in used and self._delete_if_old(path, before):
                gone += 1
        for path in (self._folder / "incoming").glob("*"):
            self._delete_if_old(path, before)
        return gone

    def _kept(self) -> Iterator[Path]:
        return self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")

    def _delete_if_old(self, path: Path, before: float) -> bool:
        with self._alone():
            try:
                is_old = path.stat().st_mtime < before
            except FileNotFoundError:
                return False
            if is_old:
                path.unlink()
            return is_old

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep a file from being deleted between a look at its age and what follows from it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Upload:
    """A file on its way in: `write` it, then `finish`; `abandon` what is not finished."""

    def __init__(self, files: Files, path: Path, field: Field, name: str) -> None:
        self._files = files
        self._path = path
        self._field = field
        self._name = name
        self._limit = size_limit(field)
        self._size = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("xb")

    def write(self, some: bytes) -> None:
        """Take more bytes; raise FieldError as soon as they are too many, OSError if the disk is full."""
        self._size += len(some)
        if self._size > self._limit:
            raise FieldError(str(size_fault(self._size, self._field)))
        self._hash.update(some)
        self._file.write(some)

    def finish(self) -> Attachment:
        """Return the value of the whole file, which is kept from now on.

        Raises:
            FieldError: it is empty, or not of a type that the field takes; it was deleted.
            OSError: the disk refuses.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        with self._path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        kind = sniffed(head, self._name)
        media = type_of(self._field).media
        fault = size_fault(self._size, self._field) or type_fault(kind, self._name, self._field, media)
        if fault is None and media == PICTURES:
            fault = picture_fault(self._path)
        if fault is not None:
            self.abandon()
            raise FieldError(fault)
        digest = self._hash.hexdigest()
        self._files.keep(self._path, digest)
        return Attachment(name=self._name, size=self._size, type=kind, digest=digest)

    def abandon(self) -> None:
        """Delete what has come, unless the file is kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def picture_fault(path: Path) -> str | None:
    """Return what is wrong with the picture in a file: by its header, and by Pillow if that is installed."""
    with path.open("rb") as file:
        size = picture_size(file.read(PICTURE_HEAD_BYTES))
    if size is None:
        return say("The image is damaged: it does not say how large it is.")
    if size.width * size.height > PIXELS:
        return say(
            "The image is too large: {width:,} × {height:,} pixels.", width=size.width, height=size.height
        )
    return _pillow_fault(path)


def file_errors(
    files: Files, entity: Entity, values: Mapping[str, Value], stored: Mapping[str, Value]
) -> dict[str, str]:
    """Return a message for every file in `values` that is not kept; what is stored already may stay."""
    errors: dict[str, str] = {}
    for field in entity.fields:
        value = values.get(field.name)
        if isinstance(value, Attachment) and value != stored.get(field.name):
            fault = files.fault(value)
            if fault is not None:
                errors[field.name] = fault
    return errors


def _pillow_fault(path: Path) -> str | None:
    try:
        pillow: Any = importlib.import_module("PIL.Image")  # large: apps need not have it
    except ImportError:
        return None
    try:
        with pillow.open(path) as image:
            image.verify()
    except Exception as error:  # noqa: BLE001 - it raises what its decoders do, of any class
        return say("The image is damaged: {error}.", error=error)
    return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
