"""What makes a delivery of Standard Webhooks: its signature, and when it is tried again. Pure."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32
WAITS_S = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
"""The pauses after the first, second, ... failed attempt, as Standard Webhooks recommends them."""
JITTER = 0.2
"""The share of a pause by which it may be shorter or longer."""


def secret_of(key: bytes) -> str:
    """Return the text of a signing key, as receivers are given it."""
    return PREFIX + b64encode(key).decode()


def signed(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that tell a receiver who sent `body`, at `timestamp` in seconds since 1970."""
    key = b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }


def wait_s(attempts: int, chance: float) -> float | None:
    """Return the seconds to wait after so many failed attempts; None to give up. `chance` is from 0 to 1."""
    if attempts > len(WAITS_S):
        return None
    return WAITS_S[attempts - 1] * (1 + JITTER * (2 * chance - 1))
