"""What `doctor` looks at: one small function per thing that can be wrong. They change nothing.

Each takes what it looks at as arguments and returns a Finding; what it cannot find out is a finding too.
"""

from typing import Literal, NamedTuple

Verdict = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """What was looked at, how it is, and what to do about it."""

    verdict: Verdict
    what: str
    detail: str
    cure: str = ""
