"""How many requests a client may make: one token bucket for each. Told the time, knows no clock."""

from collections import OrderedDict
from typing import NamedTuple

CLIENTS = 4_096
"""So many clients are remembered; the one that has asked longest ago is forgotten first."""

VISITS_A_SECOND = 0.5
VISITS_AT_ONCE = 60
"""So many records may be added from one address by visitors without an account."""


class _Bucket(NamedTuple):
    tokens: float
    at_s: float


class Buckets:
    """Buckets of `burst` tokens that fill by `rate` tokens a second; a rate of 0 refuses nobody."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str, now_s: float) -> float:
        """Take a token; return 0, or the seconds until there is one. `now_s` must never go back."""
        if self._rate <= 0:
            return 0.0
        tokens, at_s = self._buckets.pop(client, _Bucket(self._burst, now_s))
        tokens = min(float(self._burst), tokens + (now_s - at_s) * self._rate)
        has_one = tokens >= 1
        self._buckets[client] = _Bucket(tokens - has_one, now_s)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if has_one else (1 - tokens) / self._rate
