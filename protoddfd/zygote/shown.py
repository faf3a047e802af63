"""What a forked process shows as its environment: by itself, that with which the zygote was started."""

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path

from setproctitle import getproctitle

from protoddfd.zygote.processes import read

_BOUNDS = slice(47, 49)
"""Where the environment's memory begins and ends, among the fields of /proc/PID/stat after the name."""


def show(entries: Mapping[str, str]) -> bool:
    """Have /proc/PID/environ end with `entries`, here and in what is forked; return whether it does.

    The memory behind it is free: `setproctitle`, which must have been called, has moved the environment away
    to have room for titles.
    """
    shown = getproctitle().encode()
    if not read("/proc/self/cmdline").startswith(shown):
        return False
    text = b"".join(b"\0" + os.fsencode(f"{name}={value}") for name, value in entries.items()) + b"\0"
    stat = Path("/proc/self/stat").read_bytes()
    begin, end = (int(field) for field in stat[stat.rindex(b")") + 2 :].split()[_BOUNDS])
    if end - begin < len(text):
        return False
    ctypes.memmove(end - len(text), text, len(text))
    return True
