"""What the browser gets of views: flat, ready-made texts, as in `dataforms.ui.shapes`."""

from typing import TypedDict

from dataforms.ui.shapes import Cell, Choice


class Tab(TypedDict):
    """One of the ways in which the same things are shown."""

    kind: str
    title: str
    href: str
    current: bool


class Vista(TypedDict):
    """The view shown. `state` is `loading`, `ready`, `empty`, `gone` or `unknown`."""

    slug: str
    kind: str
    title: str
    lead: str
    """What stands above the title: the name of the table."""
    href: str
    """The address of the table."""
    plural: str
    singular: str
    icon: str
    state: str
    may_add: bool
    may_change: bool


class Line(TypedDict):
    """One field of a card."""

    label: str
    text: str
    local: str
    """The same for a browser to write as its reader does; empty where all write it alike."""


class Item(TypedDict):
    """A record as a card of a board or a gallery."""

    id: str
    label: str
    href: str
    lines: list[Line]
    lane: str
    """On a board: the column that it is in."""
    image: str
    """In a gallery: the address of its picture; empty without one."""
    look: str


class Lane(TypedDict):
    """A column of a board."""

    key: str
    title: str
    look: str
    count: str
    total: str
    items: list[Item]
    more: str
    """What shows more of them; empty when all are there."""


class Fact(TypedDict):
    """One field of a record."""

    label: str
    cell: Cell
    href: str
    """Where a reference leads."""
    look: str


class RelatedRow(TypedDict):
    """A record that refers to the one shown."""

    href: str
    label: str
    lines: list[Line]


class Related(TypedDict):
    """The records of one table that refer to the one shown, by one of its fields."""

    key: str
    title: str
    singular: str
    count: str
    rows: list[RelatedRow]
    more: str
    may_add: bool


class Detail(TypedDict):
    """A record with all that belongs to it."""

    record: str
    label: str
    facts: list[Fact]
    related: list[Related]
    before: str
    after: str
    """The addresses of the records before and after; empty at the ends."""
    may_delete: bool


class Event(TypedDict):
    """A record on a day of the calendar."""

    id: str
    label: str
    time: str
    href: str
    look: str
    movable: bool


class Day(TypedDict):
    """A day of the calendar."""

    iso: str
    number: str
    name: str
    look: str
    events: list[Event]
    more: str


class Calendar(TypedDict):
    """The days shown. `mode` is `month`, `week` or `agenda`."""

    mode: str
    title: str
    local: str
    """The title as that of a line."""
    weekdays: list[str]
    days: list[Day]
    note: str
    busy: bool
    """Is there anything on these days?"""
    nearest: str
    """Where there is not: the day of the next record, else of the last before; empty without one."""


class Bar(TypedDict):
    """One figure of a chart, with the length or height of its bar."""

    label: str
    text: str
    local: str
    """As that of a line."""
    size: str
    look: str


class Slice(TypedDict):
    """A part of a pie: the path of its outline."""

    path: str
    look: str


class Chart(TypedDict):
    """A card of a dashboard, drawn. `problem` says why there is nothing to draw."""

    key: str
    title: str
    kind: str
    look: str
    number: str
    local: str
    """The number as that of a line."""
    bars: list[Bar]
    slices: list[Slice]
    line: str
    area: str
    top: str
    top_local: str
    bottom: str
    bottom_local: str
    ends: list[str]
    group: str
    measure: str
    note: str


class Sieve(TypedDict):
    """A field to choose by on a dashboard."""

    name: str
    label: str
    value: str
    options: list[Choice]


class Dashboard(TypedDict):
    """A dashboard."""

    span: str
    first: str
    last: str
    sieves: list[Sieve]
    charts: list[Chart]
    dated: bool
    """Does a range of days apply to any card?"""
