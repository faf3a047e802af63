"""The formats of values whose type their source says: whatever the type itself takes."""

from typing import Any

import msgspec

from dataforms.sheets.form import Format
from dataforms.sheets.formats import FORMATS
from dataforms.spec import Field, FieldType
from dataforms.typerow import Value
from dataforms.types import TYPES

_SAID: tuple[FieldType, ...] = (
    "boolean", "integer", "decimal", "money", "percent", "date", "time", "datetime", "duration", "json",
    "file", "image",
)  # fmt: skip


def _said(type_name: FieldType) -> Format:
    field = Field(name="value", title="Value", type=type_name)
    row = TYPES[type_name]

    def convert(text: str) -> Value:
        value: Value = row.parse(text, field)
        return value

    return Format(name=f"said {type_name}", type=type_name, match=_anything, convert=convert, checked=True)


def _anything(text: str) -> bool:
    return True


def _list(text: str) -> Value:
    items: Any = msgspec.json.decode(text)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("is no list of texts")
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip())) or None


LIST = Format(name="said multi_enum", type="multi_enum", match=_anything, convert=_list, checked=True)
"""A JSON list of texts."""
SAID: dict[FieldType, Format] = {**{name: _said(name) for name in _SAID}, "multi_enum": LIST}
ALL: dict[str, Format] = {**FORMATS, **{form.name: form for form in SAID.values()}}
"""Every format that a plan may name."""
