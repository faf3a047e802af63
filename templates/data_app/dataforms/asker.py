"""Who asks, and when: what `me`, `today` and `now` stand for. Imports neither SQLAlchemy nor Reflex."""

from datetime import datetime

import msgspec


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """The account's name, and the clock on this machine's wall."""

    me: str | None = None
    now: datetime
