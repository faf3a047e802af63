"""From records and figures to what the pages of views show (`dataforms.ui.views.shapes`). Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from dataforms.query import Record
from dataforms.spec import AppSpec, Entity, Field, View, table_name
from dataforms.typerow import Attachment
from dataforms.types import display_field, is_given, type_of
from dataforms.types_file import PICTURES
from dataforms.ui import present
from dataforms.ui.icons import icon_name
from dataforms.ui.shapes import Cell
from dataforms.ui.views.shapes import Day, Event, Fact, Item, Line, RelatedRow, Tab, Vista
from dataforms.views.chosen import dashboards_of, views_of
from dataforms.words import phrase, say

TONES = 8
WEEKDAYS = (
    *(phrase("Mon"), phrase("Tue"), phrase("Wed"), phrase("Thu"), phrase("Fri"), phrase("Sat")),
    phrase("Sun"),
)
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_VISTA: Vista = {
    "slug": "", "kind": "", "title": "", "lead": "", "href": "", "plural": "", "singular": "", "icon": "",
    "state": "loading", "may_add": False, "may_change": False,
}  # fmt: skip


def table_tabs(spec: AppSpec, entity: Entity, current: str) -> list[Tab]:
    """Return the views of a table as tabs; none where the table is all there is."""
    href = f"/t/{table_name(entity.name)}"
    views = views_of(spec, entity)
    table: Tab = {"kind": "table", "title": say("Table"), "href": href, "current": current == "table"}
    others: list[Tab] = [
        {
            "kind": each.view.kind,
            "title": say(each.view.title),
            "href": f"/v/{each.slug}",
            "current": current == each.slug,
        }
        for each in views
    ]
    return [table, *others] if others else []


def home_tabs(spec: AppSpec, current: str) -> list[Tab]:
    """Return the first page and the dashboards as tabs."""
    boards = dashboards_of(spec)
    first: Tab = {"kind": "home", "title": say("Overview"), "href": "/", "current": current == ""}
    others: list[Tab] = [
        {
            "kind": "dashboard",
            "title": say(each.view.title),
            "href": f"/v/{each.slug}",
            "current": current == each.slug,
        }
        for each in boards
    ]
    return [first, *others] if boards else []


def vista(entity: Entity, slug: str, view: View, *, may_add: bool, may_change: bool) -> Vista:
    """Return the heading of a view of an entity."""
    return {
        "slug": slug,
        "kind": view.kind,
        "title": say(view.title),
        "lead": present.plural(entity),
        "href": f"/t/{table_name(entity.name)}",
        "plural": present.plural(entity),
        "singular": entity.title,
        "icon": icon_name(entity.icon, entity.name),
        "state": "ready",
        "may_add": may_add,
        "may_change": may_change,
    }


def text_of(field: Field, record: Record) -> str:
    """Return a field of a record in words."""
    text = record.labels.get(field.name) or type_of(field).show(record.values.get(field.name), field)
    return str(text)


def name_of(entity: Entity, record: Record, label: str | None = None) -> str:
    """Return what a card is called: the field `label`, else what stands for the record."""
    fields = {field.name: field for field in entity.fields}
    field = fields.get(label or "") or display_field(entity)
    return ("" if field is None else text_of(field, record)) or f"{entity.title} {record.id}"


def address(entity: Entity, id: int) -> str:
    """Return the address of a record's page."""
    return f"/t/{table_name(entity.name)}/{id}"


def lines(entity: Entity, record: Record, names: Sequence[str]) -> list[Line]:
    """Return some fields of a record, those that are filled."""
    fields = {field.name: field for field in entity.fields}
    found: list[Line] = []
    for field in (fields[name] for name in names if name in fields):
        text, value = text_of(field, record), record.values.get(field.name)
        if text:
            found.append({"label": field.title, "text": text, "local": type_of(field).locally(value, field)})
    return found


def tone(field: Field | None, record: Record) -> str:
    """Return the class with the colour of a record's choice."""
    value = None if field is None else record.values.get(field.name)
    if field is None or value not in field.choices:
        return "tone-7"
    return f"tone-{field.choices.index(str(value)) % TONES}"


def item(entity: Entity, view: View, record: Record, lane: str = "") -> Item:
    """Return a record as a card."""
    fields = {field.name: field for field in entity.fields}
    label = name_of(entity, record, view.label)
    return {
        "id": str(record.id),
        "label": label,
        "href": address(entity, record.id),
        "lines": lines(entity, record, view.fields),
        "lane": lane,
        "image": picture(entity, record, view.image),
        "look": tone(fields.get(view.color or ""), record) if view.color else f"tone-{record.id % TONES}",
    }


def picture(entity: Entity, record: Record, name: str | None) -> str:
    """Return the address of a picture; empty without one."""
    value = record.values.get(name or "")
    if name is None or not isinstance(value, Attachment) or value.type not in PICTURES:
        return ""
    cells = _cells(entity, record)
    return cells[name]["extra"] if name in cells else ""


def _cells(entity: Entity, record: Record) -> dict[str, Cell]:
    names = [field.name for field in present.shown_fields(entity)]
    cells = present.cells(entity, record.id, record.values, record.labels)
    return dict(zip(names, cells, strict=True))


def facts(spec: AppSpec, entity: Entity, record: Record) -> list[Fact]:
    """Return every field of a record but the one that it is called by, as its page shows them."""
    seen = {each.name: each for each in spec.entities}
    main = display_field(entity)
    cells = _cells(entity, record)
    found: list[Fact] = []
    for field in entity.fields:
        if field is main or field.name not in cells or field.type == "children":
            continue
        cell = cells[field.name]
        target, value = seen.get(field.target or ""), record.values.get(field.name)
        is_link = field.type == "reference" and target is not None and isinstance(value, int)
        href = address(target, value) if is_link and target and isinstance(value, int) else ""
        wide = cell["kind"] == "long" or type_of(field).widget == "textarea"
        found.append(
            {
                "label": field.title,
                "cell": cell,
                "href": href,
                "look": "df-fact is-wide" if wide else "df-fact",
            }
        )
    return found


def related_row(entity: Entity, record: Record, without: str) -> RelatedRow:
    """Return a record that refers to the one shown, by the field `without`."""
    main = display_field(entity)
    names = [
        field.name
        for field in present.shown_fields(entity)
        if field is not main
        and field.name != without
        and type_of(field).widget not in ("textarea", "file")
        and field.type != "children"
    ]
    return {
        "href": address(entity, record.id),
        "label": name_of(entity, record),
        "lines": lines(entity, record, names[:4]),
    }


def is_movable(entity: Entity, name: str | None) -> bool:
    """Tell whether a record is moved by changing the field `name`: it is stored, and people fill it in."""
    field = next((field for field in entity.fields if field.name == name), None)
    return field is not None and is_given(field) and not field.read_only


def days_of(first: date, count: int, shown: tuple[date, date], today: date) -> list[Day]:
    """Return empty days from `first` on; those outside of `shown` are faint."""
    found: list[Day] = []
    for number in range(count):
        day = first + timedelta(days=number)
        look = "is-today" * (day == today) + " is-other" * (not shown[0] <= day <= shown[1])
        name = f"{LONG_DAYS[day.weekday()]}, {day.isoformat()}"
        found.append(
            {
                "iso": day.isoformat(),
                "number": str(day.day),
                "name": name,
                "look": look,
                "events": [],
                "more": "",
            }
        )
    return found


def day_of(value: object) -> date | None:
    """Return the day of a date, or of a date and time."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def place_events(
    days: Sequence[Day], entity: Entity, view: View, records: Sequence[Record], *, movable: bool, most: int
) -> None:
    """Put records on each of the days that they last, at most `most` a day, the rest counted."""
    fields = {field.name: field for field in entity.fields}
    by_day: Mapping[str, Day] = {day["iso"]: day for day in days}
    hidden: dict[str, int] = {}
    for record in records:
        begin = day_of(record.values.get(view.start or ""))
        if begin is None or not days:
            continue
        end = max(day_of(record.values.get(view.end or "")) or begin, begin)
        day = max(begin, date.fromisoformat(days[0]["iso"]))
        while day <= end and day.isoformat() in by_day:
            on = by_day[day.isoformat()]
            if len(on["events"]) < most:
                on["events"].append(
                    _event(entity, view, record, fields, is_first=day == begin, movable=movable)
                )
            else:
                hidden[on["iso"]] = hidden.get(on["iso"], 0) + 1
            day += timedelta(days=1)
    for iso, count in hidden.items():
        by_day[iso]["more"] = say("{count:,} more", count=count)


def _event(
    entity: Entity, view: View, record: Record, fields: Mapping[str, Field], *, is_first: bool, movable: bool
) -> Event:
    start = record.values.get(view.start or "")
    clock = f"{start:%H:%M}" if isinstance(start, datetime) and is_first else ""
    look = f"df-event {tone(fields.get(view.color or ''), record) if view.color else 'tone-0'}"
    return {
        "id": str(record.id),
        "label": name_of(entity, record, view.label),
        "time": clock,
        "href": address(entity, record.id),
        "look": look + " is-later" * (not is_first),
        "movable": movable,
    }
