"""From spec and records to the form in the browser (`dataforms.ui.shapes`). Pure: no Reflex, no database."""

from collections.abc import Callable, Collection, Mapping, Sequence

from dataforms.forms import Layout, is_rows
from dataforms.spec import Field
from dataforms.standing import Standing
from dataforms.types import Value, type_of
from dataforms.types_file import MIB, size_limit, word
from dataforms.types_number import rating_max
from dataforms.ui.entry import PICKED, choice_name
from dataforms.ui.shapes import Choice, Fault, Input, Line, Section, Step

_WIDE = {"textarea", "markdown", "json", "multi_select", "file"}

Target = Callable[[Field], str]
"""What a new record for the picker of a field is called; empty where none can be made."""


def no_target(field: Field) -> str:
    """Return an empty text."""
    return ""


def inputs(
    layout: Layout,
    values: Mapping[str, Value],
    labels: Mapping[str, str],
    target: Target | None = None,
    table: str = "",
) -> list[Input]:
    """Return the form's inputs, filled with a record's values."""
    return [
        form_input(
            field,
            values.get(field.name),
            labels.get(field.name, ""),
            table=table,
            section=number,
            target=(target or no_target)(field),
        )
        for number, part in enumerate(layout.parts)
        for field in part.fields
    ]


def sections(layout: Layout, step: int = 0) -> list[Section]:
    """Return the parts of a form; of one in steps all but number `step` are hidden."""
    many = sum(part.nature != "rows" for part in layout.parts) > 1
    return [
        {
            "number": number,
            "title": part.title,
            "nature": part.nature if many and part.nature != "rows" else "given",
            "help": part.help,
            "look": f"df-fields is-{part.columns}",
            "hidden": layout.is_wizard and number != step,
        }
        for number, part in enumerate(layout.parts)
    ]


def steps(layout: Layout, step: int) -> list[Step]:
    """Return the pages of a form in steps, the summary last; none of another form."""
    if not layout.is_wizard:
        return []
    titles = [*(part.title for part in layout.parts), ""]
    states = [
        "done" if number < step else "now" if number == step else "later" for number in range(len(titles))
    ]
    return [
        {"number": number, "title": title, "state": state}
        for number, (title, state) in enumerate(zip(titles, states, strict=True))
    ]


def summary(layout: Layout, shown: Sequence[Input], values: Mapping[str, Value]) -> list[Line]:
    """Return what has been filled in, for the last page of a form in steps."""
    fields = {field.name: field for field in layout.fields}
    lines: list[Line] = []
    for each in shown:
        field = fields[each["name"]]
        if each["hidden"] or is_rows(field):
            continue
        value = values.get(field.name)
        text = each["value"] if each["widget"] == "output" else type_of(field).show(value, field)
        picked = each["shown"] if each["widget"] in PICKED else ""
        lines.append({"label": each["label"], "text": picked or text})
    return lines


def faults(shown: Sequence[Input], errors: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong, in the order of the inputs; at the end what belongs to none of them."""
    labels = {each["name"]: each["label"] for each in shown}
    told: list[Fault] = [
        {"name": name, "label": label, "text": errors[name]}
        for name, label in labels.items()
        if name in errors
    ]
    others = dict.fromkeys(text for name, text in errors.items() if name not in labels)
    told.extend({"name": "", "label": "", "text": text} for text in others)
    return told


def follow(
    shown: Sequence[Input],
    fields: Sequence[Field],
    now: Standing,
    values: Mapping[str, Value],
    fixed: Collection[str] = (),
) -> list[Input]:
    """Return the inputs as they are when the conditions stand like `now` for the typed `values`.

    `shown` may be those of a row: its names then end in the names of the fields.
    """
    known = {field.name: field for field in fields}
    return [_followed(each, known[each["name"].rpartition(".")[2]], now, values, fixed) for each in shown]


def _followed(
    each: Input, field: Field, now: Standing, values: Mapping[str, Value], fixed: Collection[str]
) -> Input:
    name = field.name
    if field.expression is not None:
        return {**each, "value": type_of(field).show(now.computed.get(name), field)}
    return {
        **each,
        "hidden": name in now.hidden,
        "required": field.required or name in now.required,
        "fixed": name in fixed,
        "choices": _allowed(field, values.get(name), now) if field.choices_when else each["choices"],
    }


def _allowed(field: Field, value: Value, now: Standing) -> list[Choice]:
    """Return the choices that a condition allows, and those that are chosen."""
    chosen = value if isinstance(value, tuple) else (value,)
    allowed = now.choices.get(field.name, field.choices)
    return [each for each in _choices(field, field.name, chosen) if each["text"] in allowed or each["picked"]]


def form_input(
    field: Field,
    value: Value,
    label: str = "",
    *,
    table: str = "",
    section: int = 0,
    target: str = "",
    prefix: str = "",
) -> Input:
    """Return the input of one field of a `table`; `prefix` stands before its name in a row."""
    row = type_of(field)
    text = row.edit(value, field)
    picked = value if isinstance(value, tuple) else (value,)
    step, affix = _number(field) if row.widget == "number" else ("", "")
    accepted = field.accept or row.media
    limit = str(size_limit(field) // MIB) if row.media else ""
    has_limits = row.widget in ("date", "time", "datetime")
    widget = "output" if field.expression is not None else "grid" if is_rows(field) else row.widget
    return {
        "name": prefix + field.name,
        "label": field.title,
        "widget": widget,
        "section": section,
        "value": row.show(value, field) if widget == "output" else text,
        "shown": label or (text and row.show(value, field)),
        "help": field.help or "",
        "error": "",
        "required": field.required,
        "hidden": False,
        "fixed": False,
        "look": "df-field" + " is-wide" * (widget in _WIDE) + " is-wide is-grid" * (widget == "grid"),
        "step": step,
        "min": str(field.min) if has_limits and field.min is not None else "",
        "max": limit or (str(field.max) if has_limits and field.max is not None else ""),
        "placeholder": field.placeholder or _kinds(accepted) or row.placeholder,
        "affix": affix,
        "accept": "" if "*/*" in accepted else ",".join(accepted),
        "table": table,
        "choices": _choices(field, prefix + field.name, picked),
        "target": target,
    }


def _kinds(accepted: Sequence[str]) -> str:
    return "" if "*/*" in accepted else ", ".join(word(each) for each in accepted)


def _number(field: Field) -> tuple[str, str]:
    """Return which keys a phone offers, and what stands behind the number."""
    if field.type == "percent":
        return "decimal", "%"
    keys = "numeric" if field.type == "integer" else "decimal"
    return keys, (field.currency if field.type == "money" else field.unit) or ""


def _choices(field: Field, name: str, picked: Sequence[object]) -> list[Choice]:
    if field.type == "rating":
        numbers = range(1, rating_max(field) + 1)
        return [{"value": str(n), "text": str(n), "picked": n in picked} for n in numbers]
    named = type_of(field).widget == "multi_select"
    return [
        {"value": choice_name(name, n) if named else text, "text": text, "picked": text in picked}
        for n, text in enumerate(field.choices)
    ]
