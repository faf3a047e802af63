"""What a reload changes: pure, from the settings in force and those that were read now."""

from typing import Any

import msgspec

from protoddfd.settings.checks import build
from protoddfd.settings.loading import Loaded
from protoddfd.settings.model import NEEDS_RESTART, keys, value_of


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The settings to have in force from now on, and how they differ from those before."""

    loaded: Loaded
    """The new values of what can change at run time, the old ones of all else."""
    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]
    """Settings whose new value has to wait for a restart of the daemon."""


def change(old: Loaded, new: Loaded) -> Change:
    """Return what becomes of the settings `old`, in force, when `new` was read."""
    differing = [key for key in keys() if value_of(old.settings, key) != value_of(new.settings, key)]
    waiting = tuple(key for key in differing if key in NEEDS_RESTART)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key in keys():
        source = old if key in waiting else new
        values[key] = value_of(source.settings, key)
        if key in source.origins:
            origins[key] = source.origins[key]
    return Change(
        loaded=Loaded(settings=build(values), origins=origins, layers=new.layers),
        changed=tuple(key for key in differing if key not in NEEDS_RESTART),
        needs_restart=waiting,
    )
