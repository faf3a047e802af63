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
from dataforms.types import TYPES, is_kept, type_of

FILE = msgspec.json.encode(Attachment(name="a.png", size=3, type="image/png", digest="0" * 64)).decode()
CHOICES = ("red", "blue", "1")
TEXTS = (
    "red", "1", "0", "12", "3.75", "-4", "true", "2024-12-31", "14:30", "2024-12-31 14:30", "1:30:00",
    "ana@example.com", "https://example.com/a", "+49 30 1234567", "#1e90ff", '["red", "blue"]', "two weeks",
    FILE, '{"a": [1, null]}', "48.8566, 2.3522", "5",
)  # fmt: skip
NEEDED: dict[str, dict[str, Any]] = {
    "enum": {"choices": CHOICES}, "multi_enum": {"choices": CHOICES}, "reference": {"target": "Other"},
    "references": {"target": "Other"},
}  # fmt: skip
KEPT: tuple[FieldType, ...] = tuple(
    name for name in TYPES if is_kept(Field(name="x", title="X", type=name, **NEEDED.get(name, {})))
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


@pytest.mark.parametrize("was", KEPT)
def test_a_value_converts_exactly_or_is_lost_and_none_is_invented(was: FieldType) -> None:
    assert values(was)
    for now, value in product(KEPT, values(was)):
        there = convert(value, made(was), made(now))
        if was == now:
            assert (there.value, there.loss) == (value, "")
        if there.value is not None:
            assert _is_canonical(there.value, made(now)), now
        if not there.loss:
            assert convert(there.value, made(now), made(was)).value == value, now


def _is_canonical(value: Any, now: Field) -> bool:
    return bool(type_of(now).parse(type_of(now).edit(value, now), now) == value)


@given(st.text(), st.sampled_from(KEPT))
@settings(max_examples=100, deadline=None)
def test_any_text_converts_or_tells_why_not(text: str, now: FieldType) -> None:
    try:
        value = type_of(made("long_text")).parse(text, made("long_text"))
    except FieldError:
        return
    there = convert(value, made("long_text"), made(now))
    assert value is None or there.value is not None or there.loss


def spec(was: FieldType, *, changed: bool = False) -> AppSpec:
    """Return a spec with a field for every type, of the type `was`; or, when `changed`, of that other one."""
    fields = [
        field(f"to_{now}", now if changed else was, **NEEDED.get(now if changed else was, {}))
        for now in KEPT
        if now != was
    ]
    return app(entity("Thing", field("name"), *fields), entity("Other", field("name")))


@pytest.mark.e2e
@pytest.mark.parametrize("was", KEPT)
def test_values_become_those_of_every_other_type_and_come_back(
    was: FieldType, tmp_path: Path, url: str
) -> None:
    folder = Folder(tmp_path, spec(was), url)
    known = [value for value in values(was) if _is_known(value, was)]
    names = [each.name for each in spec(was).entity("Thing").fields[1:]]
    database = folder.database()
    database.load("Other", [{"name": "a"}, {"name": "b"}])
    database.load("Thing", [dict.fromkeys(names, value) for value in known])
    database.close()
    before = {name: folder.column("Thing", name) for name in names}
    plan = folder.make(spec(was, changed=True))
    for name in names:
        lost = sum(
            loss.rows
            for loss in plan.losses
            if loss.kind in ("lost", "unknown", "duplicates") and loss.name == f"Thing.{name}"
        )
        after = folder.column("Thing", name)
        assert sum(value is None for value in after) == lost + before[name].count(None), name
    folder.down()
    assert {name: folder.column("Thing", name) for name in names} == before
    folder.migrations.close()


def _is_known(value: Any, was: FieldType) -> bool:
    ids = value if isinstance(value, tuple) else (value,)
    return not was.startswith("reference") or all(id < 3 for id in ids)
