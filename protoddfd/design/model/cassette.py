"""Recorded answers of a model: a file of JSON lines, each the hash of a request and the reply that came."""

import hashlib
import os
from pathlib import Path

import msgspec

from protoddfd.design.model.asking import Asked, Reply


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file."""

    request: str
    reply: Reply


class CassetteBroken(Exception):
    """The file cannot be read as recorded answers; the text says where."""


def request_hash(model: str, asked: Asked) -> str:
    """Return what a request is found by: all that is said to which model, and nothing of where or by whom."""
    return hashlib.sha256(model.encode() + b"\0" + msgspec.json.encode(asked, order="sorted")).hexdigest()


class Cassette:
    """A file of answers. The last one that was recorded for a request counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, request: str) -> Reply | None:
        """Return what was answered to a request, None when it was never made.

        Raises:
            CassetteBroken: it is not a file of recorded answers.
            OSError: it cannot be read.
        """
        found = None
        for number, line in enumerate(self._path.read_bytes().splitlines(), start=1):
            try:
                recorded = msgspec.json.decode(line, type=Recorded)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise CassetteBroken(f"{self._path}:{number}: {error}") from None
            if recorded.request == request:
                found = recorded.reply
        return found

    def record(self, request: str, reply: Reply) -> None:
        """Add an answer. Raises OSError."""
        line = msgspec.json.encode(Recorded(request=request, reply=reply)) + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
