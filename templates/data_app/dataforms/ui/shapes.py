"""What the browser gets: flat, ready-made texts. Pages decide where a thing stands, never what it says."""

from typing import TypedDict


class Head(TypedDict):
    """The app itself and how it looks."""

    title: str
    initial: str
    description: str
    accent: str
    gray: str
    radius: str
    logo: str
    """The address of a picture; empty where the initial stands for the app."""


class TableLink(TypedDict):
    """One table in the menu and on the first page."""

    slug: str
    href: str
    title: str
    description: str
    icon: str
    count: str
    noun: str
    """What `count` counts, in the right number."""
    recent: list[str]
    """Labels of the records added last."""


class Column(TypedDict):
    """One column of the table shown. `order` is `ascending`, `descending` or `none`; empty if unsortable."""

    name: str
    title: str
    align: str
    order: str


class Chip(TypedDict):
    """A coloured word."""

    text: str
    look: str


class Cell(TypedDict):
    """One value. `kind` says how to draw it, `extra` what that kind needs: an address, a colour, stars."""

    name: str
    """The field's, if it can be edited in place; else empty."""
    kind: str
    text: str
    extra: str
    label: str
    """The column's title, for narrow screens where columns become lines."""
    look: str
    chips: list[Chip]


class Row(TypedDict):
    """One record of the table shown."""

    id: str
    label: str
    cells: list[Cell]
    head: str
    """The title of the group that begins with this row; empty where none does."""
    head_count: str


class View(TypedDict):
    """The table shown. `state` is `loading`, `rows`, `empty`, `nothing_found` or `unknown`."""

    slug: str
    title: str
    singular: str
    description: str
    state: str
    icon: str


class Pager(TypedDict):
    """Where in the rows the page is."""

    text: str
    page: int
    pages: int
    size: str
    first: bool
    last: bool
    capped: bool
    """Whether not all rows are counted, so that nobody knows how many pages there are."""


class Choice(TypedDict):
    """One thing to choose; `picked` if it is chosen."""

    value: str
    text: str
    picked: bool


class Input(TypedDict):
    """One input of the form, or of a row in it: `name` is then `field.key.name`."""

    name: str
    label: str
    widget: str
    section: int
    """The number of the section that it stands in, the first is 0."""
    value: str
    shown: str
    """What stands for `value` in a picker: the label of the record."""
    help: str
    error: str
    required: bool
    hidden: bool
    fixed: bool
    """Must the value stay as it is?"""
    look: str
    step: str
    min: str
    max: str
    placeholder: str
    affix: str
    accept: str
    """What a file may be, as browsers take it; empty for anything."""
    choices: list[Choice]
    table: str
    """The table that the field is in, for what is sent there before the form is."""
    target: str
    """What a new record for a picker is called; empty where none can be made here."""


class Section(TypedDict):
    """Inputs that stand together; `nature` says what they are called where `title` does not."""

    number: int
    title: str
    nature: str
    help: str
    look: str
    hidden: bool


class Step(TypedDict):
    """A page of a form in several. `state` is `done`, `now` or `later`."""

    number: int
    title: str
    state: str


class GridColumn(TypedDict):
    """One column of the rows in a form."""

    name: str
    title: str
    required: bool
    align: str


class GridRow(TypedDict):
    """One row in a form; `key` is the `id` of a record, or `n1` and so on."""

    key: str
    error: str
    cells: list[Input]


class Grid(TypedDict):
    """The records that are changed together with the one in the form."""

    label: str
    singular: str
    columns: list[GridColumn]
    rows: list[GridRow]
    keys: str
    """The keys of all rows, with commas between."""
    may_add: bool
    may_change: bool
    may_remove: bool
    error: str
    more: int
    """How many records there are, where there are too many for a form; else 0."""
    href: str


class Fault(TypedDict):
    """One line of what is wrong with a form."""

    name: str
    label: str
    text: str


class Line(TypedDict):
    """One line of what has been filled in."""

    label: str
    text: str


class Form(TypedDict):
    """The form, apart from its inputs. `key` changes whenever it is opened anew."""

    open: bool
    """Is it in front of a page?"""
    page: bool
    """Is it a page itself?"""
    key: str
    slug: str
    singular: str
    record: str
    within: str
    """What the form behind this one is called, where what is made here will be picked."""
    error: str
    lively: bool
    """Does anything in it depend on what is typed?"""
    step: int
    last: bool
    """Is what it shows the end, so that it can be saved?"""
    draft: str
    """Under which name the browser keeps what is typed."""
    restored: str
    """When what it has kept was typed, as the browser tells it; empty where nothing was."""
    wide: bool
    shut: bool
    """May the account only look at it?"""


class Leaving(TypedDict):
    """The question before what was typed is given up, and the address to go to then."""

    open: bool
    href: str


class Question(TypedDict):
    """The question before a record goes."""

    open: bool
    record: str
    label: str
    singular: str
    problem: str


class Picker(TypedDict):
    """The list under the picker that is open, and the name of its field; empty when none is."""

    field: str
    options: list[Choice]
    more: str


class FilterLine(TypedDict):
    """One condition in the panel. `takes` says what is entered; `records` are ticked, and searched for."""

    number: int
    key: str
    group: int
    title: str
    field: str
    operator: str
    operators: list[Choice]
    takes: str
    input: str
    """The kind of HTML input."""
    first: str
    second: str
    choices: list[Choice]
    error: str


class FilterGroup(TypedDict):
    """A group of conditions in the panel; number 0 is the whole."""

    number: int
    join: str
    lines: list[FilterLine]


class FilterPanel(TypedDict):
    """The panel of filters; `key` changes whenever it is opened anew."""

    open: bool
    key: str
    fields: list[Choice]
    groups: list[FilterGroup]


class FilterChip(TypedDict):
    """What stands for a part of the filter above the table."""

    number: int
    text: str


class ViewTab(TypedDict):
    """A view of the table that has a name."""

    href: str
    title: str
    current: bool
    record: str
    """What it is deleted by; empty for one of the spec."""


class Sum(TypedDict):
    """A total below the table."""

    title: str
    text: str


class Preview(TypedDict):
    """How a formatted text looks, and the name of its input; empty when none is shown."""

    name: str
    html: str
