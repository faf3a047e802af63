"""Why a run of a sync ended before it was done."""

from collections.abc import Sequence

from dataforms.errors import DataError
from dataforms.words import say

_SHOWN = 12


class SourceFailed(DataError):
    """The rows could not be read: nothing was changed."""


class Unchanged(Exception):
    """The source is as it was after the last run, so there is nothing to do."""


class SyncBusy(DataError):
    """The sync runs already."""


class PlaceMissing(SourceFailed):
    """The environment does not say where the rows are; `variable` would."""

    def __init__(self, message: str, hint: str, variable: str) -> None:
        super().__init__(message, hint)
        self.variable = variable


class Cancelled(BaseException):
    """Somebody wants the run to end; raised wherever it is."""


def absent(column: str, known: Sequence[str]) -> SourceFailed:
    """Return the error for a column that is not there."""
    shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
    return SourceFailed(
        say("there is no column {column}", column=repr(column)),
        say("It has {columns}. Correct the mapping, or the source.", columns=shown),
    )
