"""How a run is cancelled: at once while rows are fetched, between two portions of them while they are stored.

What is raised in the midst of the database's own code would leave its transaction open, and the run with it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from dataforms.syncing.failed import Cancelled

_wanted = False
_is_storing = False


def cancel_on_signals() -> None:
    """Have the run end, and nothing of it be kept, when somebody wants this process to end.

    Who asks a second time gets it at once.
    """
    signal.signal(signal.SIGTERM, _asked)


@contextmanager
def storing() -> Iterator[None]:
    """Leave it to `check` to end the run meanwhile."""
    global _is_storing
    _is_storing = True
    try:
        yield
    finally:
        _is_storing = False


def check() -> None:
    """Raise Cancelled if the run is to end."""
    if _wanted:
        _end()


def _asked(number: int, frame: object) -> None:
    global _wanted
    if _wanted or not _is_storing:
        _end()
    _wanted = True


def _end() -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is written now says so
    raise Cancelled
