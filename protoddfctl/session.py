"""One run of the command line: the daemon it talks to, and where its words go."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from protoddfctl import home, show
from protoddfctl.client import Client, decode
from protoddfctl.table import Cell, Column, table
from protoddfd.wire.base import Params

if TYPE_CHECKING:  # to import it takes as long as everything else here
    from protoddfd.spec import Problem

T = TypeVar("T")

_MARGIN_S = 60.0


class Output:
    """Standard output as commands use it: lines, tables and JSON, coloured only for a person."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        self.coloured = show.wants_colour(os.environ, is_terminal=self.is_terminal)

    @classmethod
    def plain(cls) -> Self:
        """Return an output that colours nothing, whoever looks."""
        output = cls()
        output.coloured = False
        return output

    @property
    def width(self) -> int | None:
        """How many columns fit; None when nobody looks."""
        if not self.is_terminal:
            return None
        from shutil import get_terminal_size

        return get_terminal_size().columns

    @property
    def error_width(self) -> int:
        """How many columns standard error has, when it is a terminal."""
        try:
            return os.get_terminal_size(2).columns or 80
        except OSError:
            return 80

    def line(self, text: str = "") -> None:
        """Write one line."""
        self.write(f"{text}\n")

    def write(self, text: str) -> None:
        """Write a text; characters that the encoding lacks are replaced."""
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError:
            encoding = sys.stdout.encoding
            sys.stdout.write(text.encode(encoding, "replace").decode(encoding))

    def flush(self) -> None:
        """Hand on what was written."""
        sys.stdout.flush()

    def json(self, text: bytes) -> None:
        """Write one JSON value: indented for a person, on one line for a program."""
        shown = msgspec.json.format(text, indent=2) if self.is_terminal else text
        sys.stdout.flush()
        sys.stdout.buffer.write(shown + b"\n")

    def table(self, columns: list[Column], rows: list[list[Cell]]) -> None:
        """Write a table that fits."""
        for line in table(columns, rows, width=self.width, coloured=self.coloured):
            self.line(line)

    def problems(self, problems: "Sequence[Problem]") -> None:
        """Write what is wrong with something, where, and what helps."""
        rows = [[Cell(it.path), Cell(it.message), Cell(it.hint)] for it in problems]
        self.table([Column("WHERE"), Column("WHAT"), Column("WHAT HELPS")], rows)

    def pairs(self, items: list[tuple[str, str]]) -> None:
        """Write names and values."""
        for line in show.pairs(items, width=self.width, coloured=self.coloured):
            self.line(line)

    def paint(self, text: str, colour: str) -> str:
        """Return `text`, cleaned, in `colour` when colours are shown."""
        return show.paint(show.clean(text), colour, coloured=self.coloured)


class Session:
    """What a command gets: the client, which connects at its first call, and the output."""

    def __init__(self, socket: str | None, *, json: bool) -> None:
        self.socket = socket or home.socket_path()
        self.json = json
        self.output = Output()
        self.client = self.new_client()

    def new_client(self) -> Client:
        """Return another connection to the same daemon."""
        return Client(self.socket, start_command=home.start_command())

    def call(
        self, method: str, params: Params | dict[str, Any] | None, type: type[T], *, wait_s: float = 0.0
    ) -> T | None:
        """Return the result of `method`; with `--json` write it instead and return None.

        The daemon may take `wait_s` seconds for it, and some more to notice that.
        """
        raw = self.client.call_raw(method, params, timeout_s=wait_s + _MARGIN_S)
        if self.json:
            self.output.json(raw)
            return None
        return decode(raw, type)
