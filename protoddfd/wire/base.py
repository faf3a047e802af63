"""The base of what crosses the socket."""

import msgspec


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A method's parameters: by name or by position, unknown names refused."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a method answers. Readers ignore fields they do not know, so that results can grow."""
