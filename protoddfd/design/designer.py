"""What every designer does: it makes a proposal out of a description, or refuses with a hint."""

from typing import Protocol

import msgspec

from protoddfd.spec import AppSpec


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed app: its spec, why it is as it is, and how sure the designer is (0 to 1)."""

    spec: AppSpec
    notes: tuple[str, ...]
    confidence: float
    designer: str


class Designer(Protocol):
    """Makes apps out of descriptions. The text is data: nothing in it is ever obeyed or run."""

    name: str

    def design(self, text: str, *, name: str | None = None, title: str | None = None) -> Design:
        """Return a proposal for a description; `name` and `title` are found in it unless given.

        Raises:
            DesignRefused: it describes no data to keep; the hint says what helps.
        """
        ...
