"""From spec and records to what the browser gets (`dataforms.ui.shapes`). Pure: no Reflex, no database."""

from collections.abc import Collection, Mapping, Sequence

from dataforms.answering import file_address
from dataforms.spec import AppSpec, Entity, Field, table_name
from dataforms.typerow import Attachment
from dataforms.types import Value, display_field, type_of
from dataforms.types_file import PICTURES
from dataforms.types_number import rating_max
from dataforms.ui.entry import is_entered_in_place
from dataforms.ui.icons import icon_name
from dataforms.ui.shapes import Cell, Chip, Column, Head, Pager, TableLink, View
from dataforms.words import number, phrase, say

DEFAULT_SIZE = 25
_TONES = 8
_LONG = 120
_LINKS = {"email": "mailto:", "phone": "tel:", "url": ""}


def head(spec: AppSpec) -> Head:
    """Return the app's name and looks."""
    return {
        "title": spec.title,
        "initial": spec.title.strip()[:1].upper() or "•",
        "description": spec.description or "",
        "accent": spec.theme.accent,
        "gray": spec.theme.gray,
        "radius": spec.theme.radius,
        "logo": spec.theme.logo or "",
    }


def plural(entity: Entity) -> str:
    """Return what several records of `entity` are called."""
    return entity.plural or entity.title


def shown_fields(entity: Entity, names: Collection[str] = ()) -> tuple[Field, ...]:
    """Return the fields that a table has columns for, first the one that stands for a record.

    Those alone that are named, if any is.
    """
    main = display_field(entity)
    every = [field for field in entity.fields if not field.hidden]
    shown = [field for field in every if field.name in names] or every
    return tuple(sorted(shown, key=lambda field: field is not main))


def table_link(entity: Entity, count: int, recent: Sequence[str]) -> TableLink:
    """Return the entry of `entity` in menu and first page."""
    slug = table_name(entity.name)
    return {
        "slug": slug,
        "href": f"/t/{slug}",
        "title": plural(entity),
        "description": entity.description or "",
        "icon": icon_name(entity.icon, entity.name),
        "count": number(count),
        "noun": say("record") if count == 1 else say("records"),
        "recent": list(recent),
    }


def entity_of(spec: AppSpec, slug: str) -> Entity | None:
    """Return the entity that `/t/<slug>` shows, or None."""
    return next((entity for entity in spec.entities if table_name(entity.name) == slug), None)


def view(entity: Entity, state: str) -> View:
    """Return the heading of a table in one of its states."""
    return {
        "slug": table_name(entity.name),
        "title": plural(entity),
        "singular": entity.title,
        "description": entity.description or "",
        "state": state,
        "icon": icon_name(entity.icon, entity.name),
    }


def blank_view(slug: str, state: str) -> View:
    """Return a view without an entity: while it loads, or where there is none."""
    return {
        "slug": slug,
        "title": "",
        "singular": "",
        "description": "",
        "state": state,
        "icon": "",
    }


def columns(entity: Entity, sort: str, names: Collection[str] = ()) -> list[Column]:
    """Return the columns; `sort` is a field's name, with a leading `-` for descending, or empty."""
    wanted = sort.removeprefix("-")
    direction = "descending" if sort.startswith("-") else "ascending"
    found: list[Column] = []
    for field in shown_fields(entity, names):
        row = type_of(field)
        order = "" if row.sort is None else direction if field.name == wanted else "none"
        found.append({"name": field.name, "title": field.title, "align": row.align, "order": order})
    return found


def cells(
    entity: Entity,
    id: int,
    values: Mapping[str, Value],
    labels: Mapping[str, str],
    names: Collection[str] = (),
) -> list[Cell]:
    """Return the cells of record `id`; `labels` are what the referenced records are called, by field."""
    main = display_field(entity)
    found: list[Cell] = []
    for field in shown_fields(entity, names):
        value = values.get(field.name)
        cell = _cell(field, value, labels.get(field.name, ""), field is main)
        found.append(_file_cell(cell, entity, id, field, value) if isinstance(value, Attachment) else cell)
    return found


def _file_cell(cell: Cell, entity: Entity, id: int, field: Field, value: Attachment) -> Cell:
    """Return the cell as a link to the file, and as a picture if it is one that pages show."""
    address = file_address(table_name(entity.name), id, field.name, value.name)
    kind = "picture" if value.type in PICTURES else "file"
    return {**cell, "kind": kind, "extra": f"{address}?{value.digest[:12]}"}


def _cell(field: Field, value: Value, label: str, is_main: bool) -> Cell:
    row = type_of(field)
    kind, text, extra = _drawn(field, value, label or row.show(value, field))
    look = f"df-cell align-{row.align}" + " is-main" * is_main + " is-none" * (kind == "none")
    chips = [_chip(field, item) for item in _items(value)] if kind == "chips" else []
    name = field.name if is_entered_in_place(field) else ""
    return {
        "name": name,
        "kind": kind,
        "text": text,
        "extra": extra,
        "label": field.title,
        "look": look,
        "chips": chips,
    }


def _drawn(field: Field, value: Value, text: str) -> tuple[str, str, str]:
    """Return how a value is drawn, its text, and what else that needs."""
    if value is None:
        return "none", "", ""
    match field.type:
        case "enum" | "multi_enum":
            return "chips", text, ""
        case "boolean":
            return "yes" if value else "no", text, ""
        case "email" | "phone" | "url":
            return "link", text.removeprefix("https://").removesuffix("/"), _LINKS[field.type] + text
        case "color":
            return "color", text, text
        case "rating":
            return "stars", say("{value} of {most}", value=value, most=rating_max(field)), text
        case _ if local := type_of(field).locally(value, field):
            return "local", text, local
        case _:
            return "long" if len(text) > _LONG or "\n" in text else "text", text, ""


def _items(value: Value) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple) else (str(value),)


def _chip(field: Field, text: str) -> Chip:
    place = field.choices.index(text) if text in field.choices else 0
    return {"text": text, "look": f"df-chip tone-{place % _TONES}"}


_PLACES = (
    phrase("{first:,}–{last:,} of {total:,}"),
    phrase("{first:,}–{last:,} of {total:,}+"),
)
_ROWS = (phrase("{rows:,} of {total:,}"), phrase("{rows:,} of {total:,}+"))
"""What is said of a page whose place is not known; the second of each where not all rows are counted."""


def pager(
    page: int,
    size: int,
    total: int,
    *,
    rows: int | None = None,
    capped: bool = False,
    more: bool | None = None,
) -> Pager:
    """Return where page number `page` (the first is 1; 0 if that is not known) stands among `total` rows.

    `capped` says that there are more than `total`, `more` whether any follow behind the `rows` of the page.
    """
    pages = max(1, -(-total // size))
    first = (page - 1) * size + 1
    last = min(page * size, total) if rows is None else first + rows - 1
    text = (
        say(_PLACES[capped], first=first, last=last, total=total)
        if page
        else say(_ROWS[capped], rows=rows, total=total)
    )
    return {
        "text": text if total else say("None"),
        "page": page,
        "pages": pages,
        "size": str(size),
        "first": page == 1,
        "last": not more if more is not None else page >= pages,
        "capped": capped,
    }
