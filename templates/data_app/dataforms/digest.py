"""What tells one spec from another. Imports only the spec of this package."""

import hashlib

import msgspec

from dataforms.spec import AppSpec


def digest_of(spec: AppSpec) -> str:
    """Return the SHA-256 of a spec's JSON, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(spec)).hexdigest()
