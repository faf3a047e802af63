"""What the browser gets of changes: what is selected, compared, edited in place and deleted."""

from typing import TypedDict

from dataforms.ui.shapes import Choice


class Selected(TypedDict):
    """The rows that are selected. `all` stands for every one that matches, `page` for those shown."""

    count: int
    text: str
    all: bool
    page: bool
    more: str
    """What selects all that match; empty where they are, or where all are shown."""


class Refusal(TypedDict):
    """A record that was not changed, and why."""

    id: str
    label: str
    message: str


class Many(TypedDict):
    """The dialog about the selected rows. `kind` is `change` or `delete`; empty when none is open."""

    kind: str
    title: str
    problem: str
    refused: list[Refusal]
    fields: list[Choice]
    """The fields that can be added to the change; `picked` are in it."""


class Side(TypedDict):
    """One field that somebody else changed meanwhile: both values, and which is kept, `mine` or `theirs`."""

    name: str
    label: str
    mine: str
    theirs: str
    keep: str


class Comparison(TypedDict):
    """The dialog that compares."""

    open: bool
    title: str
    sides: list[Side]


class Spot(TypedDict):
    """The cell that is edited in place; empty when none is."""

    record: str
    name: str


class DeletedRow(TypedDict):
    """One deleted record."""

    id: str
    label: str
    about: str
    """When, and by whom."""
