"""What somebody looks for in logs: times, a text, a regular expression.

The expression is RE2's: the search takes time in proportion to the text whatever the expression, so that no
one can stop the daemon with one. Look-around and back-references, which cannot be had so, are refused.
"""

import re
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from protoddfd.errors import LogQueryInvalid

_UNIX = re.compile(r"-?\d{1,15}(\.\d*)?", re.ASCII)
_PIECES = (b"Z o", b"Z e", b"Z O+", b"Z E+")
_ANCHORS = re.compile(r"[\^$]|\\[AzZ]")
FIRST, LAST = b"", b"~"
"""What is before and after every record's time."""

_PATTERN_MAX = 4096


class Pattern(Protocol):
    """A compiled regular expression."""

    def search(self, text: bytes, /) -> object:
        """Return something true when it is found in `text`, else None."""


class LogQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which records: from `since` to `until` (stamps as records have them) with `match` and `pattern`."""

    since: bytes = FIRST
    until: bytes = LAST
    match: bytes = b""
    pattern: Pattern | None = None
    whole_pattern: Pattern | None = None
    """Finds something in any block of records of which one has `pattern` in its text; None: not to be had."""

    @property
    def searches(self) -> bool:
        """Tell whether a great deal may have to be read for a few records."""
        return bool(self.match) or self.pattern is not None

    def covers(self, stamp: bytes) -> bool:
        """Tell whether a record of that time is wanted."""
        return self.since <= stamp <= self.until

    def finds(self, text: bytes) -> bool:
        """Tell whether a record with that text is wanted."""
        return self.match in text and (self.pattern is None or self.pattern.search(text) is not None)

    def may_find(self, block: bytes) -> bool:
        """Tell whether one of the records in `block` may be wanted for its text."""
        if self.match not in block:
            return has_pieces(block)
        if self.whole_pattern is None or self.whole_pattern.search(block) is not None:
            return True
        return has_pieces(block)


EVERYTHING = LogQuery()


def has_pieces(block: bytes) -> bool:
    """Tell whether there may be pieces of cut lines among the records of a block."""
    return any(piece in block for piece in _PIECES)


def log_query(
    *,
    since: str | None = None,
    until: str | None = None,
    match: str | None = None,
    pattern: str | None = None,
) -> LogQuery:
    """Return the query; times are ISO 8601 (UTC without an offset) or Unix seconds.

    Raises:
        LogQueryInvalid: a time or the pattern makes no sense.
    """
    first = FIRST if since is None else stamp_of("since", since)
    last = LAST if until is None else stamp_of("until", until)
    if first > last:
        raise LogQueryInvalid(
            f"no line is from {since} on and not after {until}", hint="exchange since and until"
        )
    return LogQuery(
        since=first,
        until=last,
        match=(match or "").encode("utf-8", "surrogatepass"),
        pattern=_compiled(pattern) if pattern is not None else None,
        whole_pattern=_compiled(f"(?m:{pattern})") if pattern and not _ANCHORS.search(pattern) else None,
    )


def stamp_of(name: str, text: str) -> bytes:
    """Return the time in `text` as records have it; raises LogQueryInvalid with the parameter's `name`."""
    try:
        when = _time(text.strip())
        stamp = when.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        raise LogQueryInvalid(
            f"{name} is no time: {text[:100]!r}",
            hint="write for example 2026-11-22T20:00:00Z, 2026-11-22T21:00:00+01:00 or Unix seconds",
        ) from None
    return f"{stamp[:23]}Z".encode()


def _time(text: str) -> datetime:
    if _UNIX.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    when = datetime.fromisoformat(text)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def _compiled(pattern: str) -> Pattern:
    # imported when somebody looks for a pattern: most daemons never need it
    import re2  # type: ignore[import-untyped]  # the package comes without types

    if len(pattern) > _PATTERN_MAX:
        raise LogQueryInvalid(
            f"the pattern has more than {_PATTERN_MAX} characters", hint="look for a shorter one"
        )
    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.never_capture = True
    try:
        compiled: Pattern = re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        reason = error.args[0]
        shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise LogQueryInvalid(
            f"the pattern is no regular expression: {shown}",
            hint="RE2's syntax is spoken: as Python's, without look-around and back-references",
        ) from None
    return compiled
