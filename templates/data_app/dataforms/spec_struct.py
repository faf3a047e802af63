"""What every part of an AppSpec is. Imports nothing of this package."""

import msgspec


class SpecStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every part of the spec: immutable, keyword-only, unknown keys refused."""
