"""JSON records: flat, nested, on lines, several arrays, and what is no table."""

import datetime
import json
from pathlib import Path

import pytest
from importing import field, loaded, proposed, types

from protoddfd.importers import ImportRefused

AT = datetime.datetime.fromisoformat("2024-05-06 10:00")
SHOP = {
    "made": "today",
    "orders": [
        {"id": 7, "at": "2024-05-06T10:00:00Z", "tags": ["new", "big"], 
         "ship": {"city": "Bonn", "zip": "01234"},
         "lines": [{"sku": "X", "qty": 2}, {"sku": "Y", "qty": 1}], "extra": {"a": 1}},
        {"id": 9, "at": "2024-05-07T10:00:00Z", "tags": [], "ship": {"city": "Ulm", "zip": "89073"},
         "lines": [{"sku": "X", "qty": 5}], "extra": 3},
    ],
    "customers": [{"code": "C1", "name": "Ana"}, {"code": "C2", "name": None}],
}  # fmt: skip


def written(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_objects_are_flattened_and_arrays_of_objects_become_child_tables(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "shop.json", SHOP))
    assert types(made, "Order") == {
        "at": "datetime", "tags": "multi_enum", "ship_city": "text", "ship_zip": "text", "extra": "json",
    }  # fmt: skip
    assert field(made, "Order", "tags").choices == ("big", "new")
    assert types(made, "Order Line") == {"order": "reference", "sku": "text", "qty": "integer"}
    records, report = loaded(made, tmp_path)
    assert report.misfits == 0
    assert records["Order"] == [
        {"id": 7, "at": AT, "tags": ("new", "big"), "ship_city": "Bonn",
         "ship_zip": "01234", "extra": {"a": 1}},
        {"id": 9, "at": AT + datetime.timedelta(days=1), "tags": None, "ship_city": "Ulm",
         "ship_zip": "89073", "extra": 3},
    ]  # fmt: skip
    assert [row["order"] for row in records["Order Line"]] == [7, 7, 9]
    assert any("no table: made" in note for note in made.notes)


def test_records_without_a_number_of_their_own_are_referred_to_by_their_place(tmp_path: Path) -> None:
    value = [{"name": f"n{n}", "parts": [{"p": n, "sub": [{"s": n * 10}]}] * n} for n in range(3)]
    records, _ = loaded(proposed(written(tmp_path / "things.json", value)), tmp_path)
    assert [row["thing"] for row in records["Thing Part"]] == [2, 3, 3]
    assert [row["part"] for row in records["Part Sub"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('{"a": 1}\n{"a": 2}\n{"a": null, "b": true}\n', 3),
        ('[{"a": 1}, {"a": 2}]', 2),
        ('{"data": [{"a": 1}, {"a": 2}], "page": 1}', 2),
        ('{"x": {"n": 1}, "y": {"n": 2}}', 2),
        ('{"a": 1}', 1),
        ('\ufeff[{"a": 1}]', 1),
    ],
)
def test_every_way_of_writing_records_is_read(tmp_path: Path, text: str, count: int) -> None:
    made = proposed(written(tmp_path / "things.json", text))
    assert [table.rows for table in made.tables] == [count]
    assert made.spec.entities[0].name == "Thing"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1, 2]", "value 1 is no object"),
        ('{"a": ', "after 0 records it is no JSON"),
        ("[]", "no record"),
        ('[{"a": 1}, {"a": ]', "after 1 records"),
        ("[" * 200_000, "no JSON|nested"),
        ('{"a":' * 200_000, "no JSON|nested"),
        ('{"version": 1, "name": "x", "entities": []}', "AppSpec"),
        (json.dumps([{f"k{n}": 1} for n in range(4_000)]), "different keys"),
        (json.dumps([{f"k{n}": 1} for n in range(300)]), "300 columns"),
        (json.dumps([{"a": "x" * 1_000_001}]), "1,000,001 characters"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ImportRefused, match=says):
        proposed(written(tmp_path / "things.json", text))


def test_an_object_with_very_many_keys_is_kept_as_it_is(tmp_path: Path) -> None:
    value = [{"n": n, "seen": {f"user{n * 100 + m}": m for m in range(100)}} for n in range(5)]
    assert types(proposed(written(tmp_path / "things.json", value)), "Thing") == {
        "n": "integer",
        "seen": "json",
    }


def test_odd_characters_and_numbers_arrive(tmp_path: Path) -> None:
    records = (
        '{"name": "a\\u0000b\\ud800", "size": 1e400}',
        '{"name": "ok", "size": 1e-400}',
        '{"name": "x"}',
    )
    value = "\n".join(records)
    found, _ = loaded(proposed(written(tmp_path / "things.json", value)), tmp_path)
    assert [row["name"] for row in found["Thing"]] == ["ab?", "ok", "x"]
