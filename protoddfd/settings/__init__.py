"""The daemon's settings: what there is, whose value counts, what is wrong with it, what a reload changes."""

from protoddfd.settings.changes import Change, change
from protoddfd.settings.layers import ETC, Layers
from protoddfd.settings.loading import Loaded, check, check_text, load, load_again
from protoddfd.settings.model import (
    NEEDS_RESTART,
    AccessSettings,
    AppLogSettings,
    AppSettings,
    LogSettings,
    Paths,
    PortSettings,
    Settings,
    SourceSettings,
    WorkerSettings,
    keys,
)

__all__ = [
    "ETC",
    "NEEDS_RESTART",
    "AccessSettings",
    "AppLogSettings",
    "AppSettings",
    "Change",
    "Layers",
    "Loaded",
    "LogSettings",
    "Paths",
    "PortSettings",
    "Settings",
    "SourceSettings",
    "WorkerSettings",
    "change",
    "check",
    "check_text",
    "keys",
    "load",
    "load_again",
]
