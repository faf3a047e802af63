"""What a migration costs: counted while it is carried out, on a copy or in earnest. Imports no SQLAlchemy."""

from typing import Literal

import msgspec

LossKind = Literal[
    "removed", "records", "links", "lost", "altered", "unknown", "duplicates", "breaks", "unlinked", "rule"
]
_EXAMPLES = 5
_TEXT_LENGTH = 60
_SAID: dict[str, str] = {
    "removed": "{n} of {name} {go} with the field.",
    "records": "{n} of {name} {go}.",
    "links": "{n} of {name} {go}.",
    "lost": "{n} of {name} {do} not convert and {become} empty.",
    "altered": "{n} of {name} {change}.",
    "unknown": "{n} of {name} {refer} to no record and {become} empty.",
    "duplicates": "{n} of {name} {become} empty, since an earlier record has the same.",
    "breaks": "{n} of {name} {break} a new rule; they stay until somebody edits them.",
    "unlinked": "{n} of {name} {have} no link, and one is required; they stay until somebody edits them.",
    "rule": "{n} of {name} {break} a new check; they stay until somebody edits them.",
    "required": "{n} of {name} {have} no value, and it is required.",
    "unique": "{n} of {name} {have} the same as another, and it is unique.",
}
_NOUNS = {
    "records": "record",
    "links": "link",
    "unlinked": "record",
    "rule": "record",
    "required": "record",
    "unique": "record",
}
_HINTS = {
    "required": "Give it a default, or fill it in before.",
    "unique": "Make them different before, or leave unique out.",
}


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of some values, at which somebody should look first."""

    kind: LossKind
    name: str
    """A field such as `Loan.due`, or an entity."""
    rows: int
    examples: tuple[str, ...] = ()
    message: str


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """Why a migration is not possible with the records that are there."""

    kind: Literal["required", "unique"]
    name: str
    rows: int
    message: str
    hint: str


class Report:
    """Counts what is lost and what is in the way."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], int] = {}
        self._examples: dict[tuple[str, str], list[str]] = {}

    def count(self, kind: str, name: str, rows: int = 1, example: str = "") -> None:
        """Add rows, if there are any; of the examples the first few are kept."""
        if not rows:
            return
        key = kind, name
        self._rows[key] = self._rows.get(key, 0) + rows
        examples = self._examples.setdefault(key, [])
        if example and len(examples) < _EXAMPLES and example not in examples:
            examples.append(example)

    def is_blocked(self, name: str = "") -> bool:
        """Tell whether something is in the way, of all or of one field."""
        return any(kind in _HINTS and name in ("", each) for kind, each in self._rows)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What is lost, in the order in which it was found."""
        return tuple(
            Loss(
                kind=kind,  # type: ignore[arg-type]  # those of _SAID that are no obstacles
                name=name,
                rows=rows,
                examples=tuple(self._examples[kind, name]),
                message=_said(kind, name, rows),
            )
            for (kind, name), rows in self._rows.items()
            if kind not in _HINTS
        )

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """What is in the way."""
        return tuple(
            Obstacle(
                kind=kind,  # type: ignore[arg-type]  # a key of _HINTS
                name=name,
                rows=rows,
                message=_said(kind, name, rows),
                hint=_HINTS[kind],
            )
            for (kind, name), rows in self._rows.items()
            if kind in _HINTS
        )


def _said(kind: str, name: str, rows: int) -> str:
    noun = _NOUNS.get(kind, "value")
    verbs = ("go", "do", "become", "change", "refer", "break", "have")
    irregular = {"go": "goes", "do": "does", "have": "has"}
    words = {verb: verb if rows != 1 else irregular.get(verb, f"{verb}s") for verb in verbs}
    return _SAID[kind].format(n=f"{rows:,} {noun}{'' if rows == 1 else 's'}", name=name, **words)


def quoted(text: str) -> str:
    """Return a value's text as an example, cut where it is long."""
    return repr(text if len(text) <= _TEXT_LENGTH else f"{text[: _TEXT_LENGTH - 1]}…")
