"""Records to try an app with: of every entity and type, the same every time, and every rule kept."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.database import Database, Query
from dataforms.errors import SampleFailed
from dataforms.sample import fill, main
from dataforms.spec import AppSpec, Entity, Field, FieldType, Rule
from dataforms.types import TYPES

SAMPLED = sorted(name for name, row in TYPES.items() if row.sample is not None)


def field(name: str, type: FieldType, **more: Any) -> Field:
    extra = {"choices": ("a", "b", "c")} if "enum" in type else {}
    return Field(name=name, title=name, type=type, **(extra | more))


SPEC = AppSpec(
    name="try",
    title="Try",
    entities=(
        Entity(
            name="Order",
            title="Order",
            fields=(
                field("customer", "reference", target="Customer", required=True),
                field("begin", "date", required=True),
                field("end", "date"),
                field("amount", "money", min=10, max=20, required=True),
                field("state", "enum", required=True),
                field("answer", "text", visible_when='state == "c"', required=True),
            ),
            rules=(Rule(kind="check", expression="end >= begin", fields=("end",)),),
        ),
        Entity(
            name="Customer",
            title="Customer",
            fields=(
                field("name", "text", required=True, unique=True, min=10, max=30),
                field("parent", "reference", target="Customer"),
                *(field(f"a_{name}", name, required=True) for name in SAMPLED),
            ),
        ),
    ),
)
Opened = Callable[[], Database]


@given(seed=st.integers(), min=st.integers(-50, 50), width=st.integers(0, 50))
@pytest.mark.parametrize("type", ["integer", "decimal", "money", "percent"])
def test_a_number_is_within_its_bounds(type: FieldType, seed: int, min: int, width: int) -> None:
    it = field("x", type, min=min, max=min + width)
    row = TYPES[type]
    assert row.sample is not None
    row.parse(row.sample(Random(seed), it), it)


@given(seed=st.integers())
@pytest.mark.parametrize("type", SAMPLED)
def test_a_value_of_any_type_is_one(type: FieldType, seed: int) -> None:
    it = field("x", type, required=True)
    row = TYPES[type]
    assert row.sample is not None
    assert row.parse(row.sample(Random(seed), it), it) is not None


def test_an_empty_app_is_filled_the_same_way_every_time(url: str) -> None:
    database, again = Database(SPEC, url), Database(SPEC, "sqlite://")
    for each in (database, again):
        each.create()
        assert fill(each, 5) == {"Customer": 5, "Order": 5}
    for entity in ("Customer", "Order"):
        assert database.page(entity, Query()) == again.page(entity, Query())
    with pytest.raises(SampleFailed, match="records already"):
        fill(database)
    database.close()
    again.close()


def test_rules_that_cannot_be_met_are_said() -> None:
    hard = field("code", "text", required=True, min=5, max=4)
    database = Database(
        AppSpec(name="a", title="A", entities=(Entity(name="A", title="A", fields=(hard,)),)), "sqlite://"
    )
    database.create()
    with pytest.raises(SampleFailed, match=r"code: Must have at most 4"):
        fill(database, 1)
    database.close()


def test_the_command_fills_the_app_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "appspec.json").write_bytes(msgspec.json.encode(SPEC))
    assert main(["--rows", "2"]) == 0
    assert capsys.readouterr().out == "Customer: 2 records\nOrder: 2 records\n"
    assert main([]) == 1
    assert "already" in capsys.readouterr().err
