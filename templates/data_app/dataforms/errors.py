"""What can go wrong with data: a class for each choice that a caller has. Imports only words of ours."""

from collections.abc import Iterable, Mapping

from dataforms.words import say


class DataError(Exception):
    """Base of all of these. `str(error)` is a sentence for a person; `hint` says what helps."""

    hint: str = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class FieldError(DataError):
    """One value breaks its field's rules: show the message beside the input."""


class Unfinished(FieldError):
    """One value breaks its field's rules as yet, and may not any more when more of it is written."""


class RecordInvalid(DataError):
    """A record was refused: `errors` has a message for every field (or `""` for the record) that is wrong.

    `conflicts` are those of the fields whose values are right in themselves, and other records forbid.
    """

    def __init__(self, errors: Mapping[str, str], conflicts: Iterable[str] = ()) -> None:
        self.errors = dict(errors)
        self.conflicts = frozenset(conflicts)
        super().__init__("; ".join(f"{name or 'record'}: {text}" for name, text in self.errors.items()))


class RecordInUse(DataError):
    """A record cannot be deleted: `users` says how many records of which entity refer to it."""

    def __init__(self, message: str, users: Mapping[str, int]) -> None:
        self.users = dict(users)
        super().__init__(message, hint=say("Change or delete those records first."))


class RecordChanged(DataError):
    """A record was changed since it was read: it has these `values`, `labels` and `version` by now."""

    def __init__(
        self, message: str, *, values: Mapping[str, object], labels: Mapping[str, str], version: str
    ) -> None:
        self.values, self.labels, self.version = dict(values), dict(labels), version
        super().__init__(message, hint=say("Look at what is stored now, and decide what to keep."))


class NotAllowed(DataError):
    """No role of the account allows that."""


class ReadOnly(NotAllowed):
    """The rows are in a database that is only read, whoever asks."""


class UnknownRecord(DataError):
    """There is no record of that id (any more)."""


class UnknownName(DataError):
    """The spec has no entity or field of that name."""


class LoadFailed(DataError):
    """A bulk load was refused, and nothing of it kept; `row` is the faulty one if known, from 1."""

    def __init__(self, message: str, row: int | None = None) -> None:
        self.row = row
        super().__init__(message)


class ExpressionInvalid(DataError):
    """A text is no expression, or means nothing; `at` is the place in it, 0 for its first character."""

    def __init__(self, message: str, hint: str = "", *, at: int = 0) -> None:
        self.at = at
        super().__init__(message, hint)


class FilterInvalid(DataError):
    """A filter is wrong; `place` is the number of the faulty part in each group on the way, from 0."""

    def __init__(self, message: str, place: tuple[int, ...] = (), hint: str = "") -> None:
        self.place = place
        number = ".".join(str(each + 1) for each in place)
        super().__init__(
            say("Condition {number}: {message}", number=number, message=message) if place else message, hint
        )


class CursorInvalid(DataError):
    """A cursor is none, or one of another question."""

    def __init__(self) -> None:
        super().__init__(
            say("That place in the records cannot be found again."), hint=say("Begin at the first page.")
        )


class SchemaDiffers(DataError):
    """The tables that are there cannot serve the spec, and no change that keeps all data makes them."""


class SampleFailed(DataError):
    """No records to try with could be made."""


class MoveRefused(DataError):
    """Data was not moved to another database, and nothing was changed there."""


class MigrationRefused(DataError):
    """A migration was not made or not applied, and nothing was changed."""


class DatabaseUnavailable(DataError):
    """The database cannot be opened, is locked for too long, or its disk refuses."""
