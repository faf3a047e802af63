"""The plan of an update as clients see it: what changes, what to ask, what it costs."""

from typing import Literal

from protoddfd.wire.base import Result


class Change(Result, frozen=True, kw_only=True):
    """One step: added, removed or changed; what it is about; what happens to that."""

    mark: Literal["+", "-", "~"]
    about: str
    change: str


class Question(Result, frozen=True, kw_only=True):
    """Something went and something came: `name` is a key of `renames`, `candidates` are possible values."""

    kind: Literal["entity", "field"]
    name: str
    candidates: tuple[str, ...]


class Loss(Result, frozen=True, kw_only=True):
    """Rows of `name` (a field, an entity) that lose something, with examples."""

    kind: str
    name: str
    rows: int
    message: str
    examples: tuple[str, ...] = ()


class Obstacle(Result, frozen=True, kw_only=True):
    """Rows that make the update impossible, and what helps."""

    kind: str
    name: str
    rows: int
    message: str
    hint: str


class UpdatePlan(Result, frozen=True, kw_only=True):
    """What an update does, as tried on a copy of the data. Nothing is different when `name` is empty."""

    name: str
    """The migration that it becomes, such as `0002_add_loan_note`."""
    changes: tuple[Change, ...]
    questions: tuple[Question, ...]
    """Without an answer, they are removed and added."""
    losses: tuple[Loss, ...]
    """Applied only with `confirm_lossy`."""
    obstacles: tuple[Obstacle, ...]
    """With any of these it is not possible."""
    hash: str
    """To be named when it is applied."""
