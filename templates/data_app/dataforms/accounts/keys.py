"""Secrets that are given out once and kept as digests alone. Imports neither SQLAlchemy nor Reflex."""

import hashlib
import secrets

BYTES = 32


def new_key(prefix: str = "") -> str:
    """Return a secret of 256 random bits that fits into an address, a cookie and a header."""
    return prefix + secrets.token_urlsafe(BYTES)


def digest(key: str) -> str:
    """Return what is stored of a secret; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
