"""A forked child dies with its zygote until it can be found without it: until its lock says who it is."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1

_prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with(parent: int) -> None:
    """End when `parent` does, or at once when it has ended already."""
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def live_on() -> None:
    """Outlive the parent from now on."""
    _prctl(_PR_SET_PDEATHSIG, 0, 0, 0, 0)
