"""Every type becomes every other: a value is converted exactly, or counted as lost, and comes back."""

from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrating import Folder, app, entity, field

from dataforms.errors import FieldError
from dataforms.migrate.convert import convert
from dataforms.spec import AppSpec, Field, FieldType
from dataforms.typerow import Attachment
from dataforms.types import TYPES, is_stored, type_of

FILE = msgspec.json.encode(Attachment(name="a.png", size=3, type="image/png", digest="0" * 64)).decode()
CHOICES = ("red", "blue", "1")
TEXTS = (
    "red", "1", "0", "12", "3.75", "-4", "true", "2024-12-31", "14:30", "2024-12-31 14:30", "1:30:00",
    "ana@example.com", "https://example.com/a", "+49 30 1234567", "#1e90ff", '["red", "blue"]', "two weeks",
    FILE, '{"a": [1, null]}', "48.8566, 2.3522", "5",
)  # fmt: skip
NEEDED: dict[str, dict[str, Any]] = {
    "enum": {"choices": CHOICES}, "multi_enum": {"choices": CHOICES}, "reference": {"target": "Other"},
}  # fmt: skip
STORED: tuple[FieldType, ...] = tuple(
    name for name in TYPES if is_stored(Field(name="x", title="X", type=name, **NEEDED.get(name, {})))
)


def made(type: FieldType) -> Field:
    return field("x", type, **NEEDED.get(type, {}))


def values(type: FieldType) -> list[Any]:
    """Return canonical values of a type: what it makes of all those texts."""
    found = []
    for text in TEXTS:
        try:
            value = type_of(made(type)).parse(text, made(type))
        except FieldError:
            continue
        if value is not None and value not in found:
            found.append(value)
    return found


@pytest.mark.parametrize("was", STORED)
def test_a_value_converts_exactly_or_is_lost_and_none_is_invented(was: FieldType) -> None:
    assert values(was)
    for now, value in product(STORED, values(was)):
        there = convert(value, made(was), made(now))
        if was == now:
            assert (there.value, there.loss) == (value, "")
        if there.value is not None:
            assert _is_canonical(there.value, made(now)), now
        if not there.loss:
            assert convert(there.value, made(now), made(was)).value == value, now


def _is_canonical(value: Any, now: Field) -> bool:
    return bool(type_of(now).parse(type_of(now).edit(value, now), now) == value)


@given(st.text(), st.sampled_from(STORED))
@settings(max_examples=100, deadline=None)
def test_any_text_converts_or_tells_why_not(text: str, now: FieldType) -> None:
    try:
        value = type_of(made("long_text")).parse(text, made("long_text"))
    except FieldError:
        return
    there = convert(value, made("long_text"), made(now))
    assert value is None or there.value is not None or there.loss


def spec(type: FieldType) -> AppSpec:
    return app(entity("Thing", field("name"), made(type)), entity("Other", field("name")))


@pytest.mark.e2e
@pytest.mark.parametrize("was", STORED)
def test_a_column_becomes_every_other_type_and_comes_back_as_it_was(was: FieldType, tmp_path: Path) -> None:
    folder = Folder(tmp_path, spec(was))
    database = folder.database()
    known = [value for value in values(was) if was != "reference" or value < 3]
    database.load("Other", [{"name": "a"}, {"name": "b"}])
    database.load("Thing", [{"x": value} for value in known])
    database.close()
    before = folder.column("Thing", "x")
    for now in STORED:
        if now != was:
            plan = folder.make(spec(now))
            after = folder.column("Thing", "x")
            lost = sum(loss.rows for loss in plan.losses if loss.kind in ("lost", "unknown"))
            assert sum(value is None for value in after) == lost + before.count(None), now
            folder.down()
            assert folder.column("Thing", "x") == before, now
    folder.migrations.close()
