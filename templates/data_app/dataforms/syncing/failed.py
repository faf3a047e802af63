"""Why a run of a sync ended before it was done."""

from dataforms.errors import DataError


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
