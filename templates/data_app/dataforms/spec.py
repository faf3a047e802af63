"""The AppSpec: the document that describes a data app.

Owns the structs and nothing else: what is *right* is said by `dataforms.check`, what a type *means* by
`dataforms.types`. Must never import Reflex or SQLAlchemy: Proto-DDF's daemon and client read specs too.
"""

import re
from typing import Any, Literal, get_args

import msgspec

from dataforms.spec_login import Login
from dataforms.spec_origin import ColumnOrigin, TableOrigin
from dataforms.spec_struct import SpecStruct
from dataforms.spec_sync import Sync
from dataforms.words import Language

VERSION = 1

FieldType = Literal[
    "text",
    "long_text",
    "rich_text",
    "integer",
    "decimal",
    "money",
    "percent",
    "boolean",
    "date",
    "time",
    "datetime",
    "duration",
    "email",
    "url",
    "phone",
    "color",
    "enum",
    "multi_enum",
    "rating",
    "file",
    "image",
    "json",
    "location",
    "auto_number",
    "computed",
    "reference",
    "references",
    "children",
]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)

Scalar = str | int | float | bool | None


class ChoicesWhen(SpecStruct, frozen=True, kw_only=True):
    """Some of a field's choices, and the condition on which only they are allowed."""

    when: str
    """A condition such as `state == "New"`."""
    choices: tuple[str, ...]
    """Those of the field's `choices` that are allowed while it holds."""


class Field(SpecStruct, frozen=True, kw_only=True):
    """One column of an entity: its name (snake_case), its type and the rules its values obey."""

    name: str
    """Its column and its name in expressions and REST: lower case letters, digits and underscores."""
    title: str
    """What people read: the label of its input and the head of its column."""
    type: FieldType
    """What its values are, and with that its input, its cell, its filters and its column in the database."""
    target: str | None = None
    """The entity that a reference, references or children field points at."""
    via: str | None = None
    """For children: the reference, or references, field of the target that points back here."""
    choices: tuple[str, ...] = ()
    """The allowed values of an enum or multi_enum, in the order shown."""
    required: bool = False
    """Must every record have a value in it?"""
    unique: bool = False
    """May no two records have the same value in it? Together with other fields: a rule of the entity."""
    min: int | float | str | None = None
    """Least value; least length for texts; an ISO 8601 string for dates and times."""
    max: int | float | str | None = None
    """Greatest value; greatest length for texts; an ISO 8601 string for dates and times."""
    pattern: str | None = None
    """A regular expression that a text's whole value must match."""
    default: Scalar | tuple[str, ...] = None
    """What a new record starts with; `today`, `now` and, for text and email, `me` stand for what they say."""
    examples: tuple[Scalar | tuple[str, ...], ...] = ()
    """Plausible values: of records to try the app with, the first gets the first one, and so on."""
    help: str | None = None
    """A sentence below its input."""
    placeholder: str | None = None
    """An example of what to write, shown in an empty input."""
    read_only: bool = False
    """Is it shown in forms without being changed there? A `default` fills it in."""
    hidden: bool = False
    """Is it left out of tables, forms and pages? It is stored and computed with all the same."""
    currency: str | None = None
    """ISO 4217 code of a money field, e.g. `EUR`."""
    places: int | None = None
    """Digits after the point that are kept and shown, for decimal, money and percent."""
    unit: str | None = None
    """What stands behind a number, such as `kg`."""
    accept: tuple[str, ...] = ()
    """What a file may be: media types such as `application/pdf` or `image/*`, or endings such as `.pdf`."""
    max_mib: int | None = None
    """How large a file may be, in MiB; 10 without it."""
    expression: str | None = None
    """What a computed field is computed from, such as `quantity * price` or `sum(items.total)`."""
    visible_when: str | None = None
    """A condition such as `state == "Closed"`: the field is shown, and has a value, only while it holds."""
    required_when: str | None = None
    """A condition on which the field must be filled in."""
    read_only_when: str | None = None
    """A condition on which a stored value must stay as it is."""
    choices_when: tuple[ChoicesWhen, ...] = ()
    """Which choices are allowed: those of the first entry whose condition holds; all when none does."""
    origin: ColumnOrigin | None = None
    """Where its values are, if its entity has an `origin`."""


class Rule(SpecStruct, frozen=True, kw_only=True):
    """A rule over several fields of one record: `unique` together, or a `check` expression that must hold."""

    kind: Literal["unique", "check"]
    """`unique`: no two records have the same in all `fields`; `check`: `expression` holds for each record."""
    fields: tuple[str, ...] = ()
    """The fields it is about; what is wrong is said beside the last one."""
    expression: str | None = None
    """Of a check, such as `end >= begin`; what compares something empty is not broken."""
    message: str | None = None
    """What is said where it is broken."""


class Section(SpecStruct, frozen=True, kw_only=True):
    """Fields of a form that belong together."""

    title: str
    """What stands above them."""
    help: str | None = None
    """A sentence or two below the title."""
    fields: tuple[str, ...]
    """The names of its fields, in this order."""
    columns: int = 2
    """How many inputs stand side by side where there is room: 1 to 3."""


CardKind = Literal["number", "bar", "line", "area", "pie", "table"]
Aggregate = Literal["count", "sum", "average", "min", "max"]
Period = Literal["day", "week", "month", "quarter", "year"]


class Card(SpecStruct, frozen=True, kw_only=True):
    """One figure of a dashboard, or a chart of several: an aggregate over the records of an entity."""

    title: str
    """What stands above it."""
    kind: CardKind = "number"
    """One `number`, a `table`, or what kind of chart."""
    entity: str
    """The entity whose records it is about."""
    aggregate: Aggregate = "count"
    """What is made of many records: how many they are, or what of all their values."""
    value: str | None = None
    """What is summed, averaged or compared: a field or an expression, such as `quantity * price`."""
    group: str | None = None
    """The field by whose values the figures are told apart; a number has none."""
    every: Period | None = None
    """How long the spans are into which a `group` of dates is divided; a month without it."""
    filter: str | None = None
    """An expression: which records count, such as `state == "Open"`."""
    date: str | None = None
    """The date that the dashboard's range applies to; without it the `group`, if that is a date."""
    limit: int = 12
    """How many groups are shown: the largest ones, or the latest spans of time."""
    width: int = 1
    """How many of the dashboard's four columns it is wide."""


class View(SpecStruct, frozen=True, kw_only=True):
    """One way of showing an entity's records."""

    name: str
    """Stands in its address; lower case letters, digits and underscores."""
    title: str
    """What its tab says."""
    kind: Literal["table", "form", "detail", "board", "calendar", "gallery", "dashboard"] = "table"
    """How records are shown; each kind has properties of its own here."""
    entity: str | None = None
    """Whose records it shows; a view within an entity shows those, and a dashboard has none."""
    fields: tuple[str, ...] = ()
    """What is shown of a record, in this order: columns, inputs, or lines of a card."""
    sort: str | None = None
    """A field name, with a leading `-` for descending."""
    filter: dict[str, list[Any]] | None = None
    """For a table: which records, as `{"all": [["state", "any_of", ["Open"]], ["total", ">", 100]]}`."""
    group: str | None = None
    """For a table: a field whose equal values stand together under a heading."""
    totals: tuple[str, ...] = ()
    """For a table: what is told below it, a field and a function each: `amount:sum`."""
    sections: tuple[Section, ...] = ()
    """The parts of a form, one below the other."""
    steps: tuple[Section, ...] = ()
    """The parts of a form, one after the other, each checked before the next; the last page sums up."""
    by: str | None = None
    """For a board: the field of type enum or reference whose values are the columns."""
    total: str | None = None
    """For a board: the field whose sum stands above each column."""
    start: str | None = None
    """For a calendar: the date, or date and time, on which a record stands."""
    end: str | None = None
    """For a calendar: until when, of the same type as `start`."""
    label: str | None = None
    """For a board, calendar or gallery: the field that names a record; the entity's `display` without it."""
    color: str | None = None
    """For a calendar or a gallery: the field of type enum that colours a record."""
    image: str | None = None
    """For a gallery: the field of type image that is shown."""
    cards: tuple[Card, ...] = ()
    """For a dashboard: what is on it."""
    filters: tuple[str, ...] = ()
    """For a dashboard: fields of type enum or reference to choose by, in every card whose entity has them."""
    thanks: str | None = None
    """For a form: what is said to those who have added a record, and may not see it."""


class Entity(SpecStruct, frozen=True, kw_only=True):
    """One table of the app. `name` is Singular Title Case; `plural` is what menus say."""

    name: str
    """Singular, in Title Case, such as `Order Item`; table and address are made of it."""
    title: str
    """What people read of one record: `Add Item`."""
    plural: str | None = None
    """What people read of many, in menus and above its table; the title without it."""
    icon: str | None = None
    """The name of a Lucide icon, e.g. `package`."""
    description: str | None = None
    """A sentence below the head of its table."""
    display: str | None = None
    """The field whose value stands for a record in lists and pickers; the first text field without it."""
    fields: tuple[Field, ...]
    """What a record has, in the order of columns and inputs."""
    rules: tuple[Rule, ...] = ()
    """What must hold between several fields of a record, or between records."""
    views: tuple[View, ...] = ()
    """How its records are shown; sensible ones are there without any."""
    origin: TableOrigin | None = None
    """The table of another database that its rows are in; of all entities of an app, or of none."""


class Relation(SpecStruct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A link between two entities. One of kind m2m without a references field gets one on its `from` side."""

    from_: str
    """The entity whose records name others."""
    to: str
    """The entity whose records are named."""
    kind: Literal["m2o", "m2m"]
    """`m2o`: each names at most one other, by a field of type reference; `m2m`: any number."""
    name: str | None = None
    """Tells two links between the same entities apart."""


class Permission(SpecStruct, frozen=True, kw_only=True):
    """What a role may do with one entity."""

    entity: str
    """What entity it is about; a role may do nothing with those that it has no permission for."""
    create: bool = False
    """May records be added?"""
    read: bool = True
    """May records be seen, found, counted and exported?"""
    update: bool = False
    """May records be changed?"""
    delete: bool = False
    """May records be deleted?"""
    hidden: tuple[str, ...] = ()
    """Fields that are not there for the role."""
    read_only: tuple[str, ...] = ()
    """Fields that the role sees and cannot change."""
    condition: str | None = None
    """Which records it is about, such as `owner == me`; `me` is the e-mail address of the account."""


class Role(SpecStruct, frozen=True, kw_only=True):
    """A named set of permissions."""

    name: str
    """Identifies it."""
    title: str
    """What people read where roles are given."""
    default: bool = False
    """Do new accounts get it?"""
    public: bool = False
    """Is it what visitors without an account may do? They may read and create, and there must be a login."""
    permissions: tuple[Permission, ...] = ()
    """What it may do, entity by entity."""


class Theme(SpecStruct, frozen=True, kw_only=True):
    """How the app looks. `accent` is a Radix colour name, e.g. `indigo`."""

    accent: str = "indigo"
    """A Radix colour name, such as `indigo`, `teal` or `tomato`: buttons, links, what is chosen."""
    gray: str = "slate"
    """A Radix gray, such as `slate` or `sand`: text, lines and surfaces."""
    radius: Literal["none", "small", "medium", "large", "full"] = "medium"
    """How round corners are."""
    appearance: Literal["inherit", "light", "dark"] = "inherit"
    """`inherit` is as the reader's system has it; readers may choose otherwise."""
    logo: str | None = None
    """A picture in place of the app's initial: its address, `https://…`, or all of it, `data:image/…`."""


class AppSpec(SpecStruct, frozen=True, kw_only=True):
    """A whole app: its entities, how they relate, how they look and who may do what."""

    version: int = VERSION
    """The version of this format."""
    name: str
    """Identifier: lower case letters, digits and underscores, starting with a letter."""
    title: str
    """What people read: above the menu and in the browser's tab."""
    description: str | None = None
    """A sentence on the first page."""
    entities: tuple[Entity, ...]
    """The tables of the app, in the order of its menu."""
    relations: tuple[Relation, ...] = ()
    """Links that no field stands for, many to many, and remarks on those that are references."""
    views: tuple[View, ...] = ()
    """Dashboards, and views of entities that name theirs."""
    roles: tuple[Role, ...] = ()
    """Who may do what; without any, everybody who gets in may do everything."""
    login: Login | None = None
    """Who gets in; everybody without one."""
    syncs: tuple[Sync, ...] = ()
    """What is fetched from files, web addresses and databases of others, and kept up to date."""
    theme: Theme = Theme()
    """Colours, corners and logo."""
    language: Language | None = None
    """What pages are in where a browser asks for none of the languages there are; English without one."""

    def entity(self, name: str) -> Entity:
        """Return the entity called `name`; raise KeyError without one."""
        for entity in self.entities:
            if entity.name == name:
                return entity
        raise KeyError(name)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One fault in a document: where (a path such as `entities[0].fields[2].type`), what, and what helps."""

    path: str
    message: str
    hint: str = ""


def table_name(entity_name: str) -> str:
    """Return the SQL table, URL segment and file stem of an entity: `Order Item` -> `order_item`."""
    return re.sub(r"[^a-z0-9]+", "_", entity_name.lower()).strip("_")


def decode(document: bytes | str) -> AppSpec:
    """Return the AppSpec in a JSON text.

    Raises:
        msgspec.ValidationError: it is JSON, and not an AppSpec; the message ends in the path.
        msgspec.DecodeError: it is not JSON.
    """
    return msgspec.json.decode(document, type=AppSpec)


def encode(spec: AppSpec) -> bytes:
    """Return `spec` as indented UTF-8 JSON with a final newline, the same bytes for the same spec."""
    document = {"version": spec.version, **msgspec.to_builtins(spec)}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
