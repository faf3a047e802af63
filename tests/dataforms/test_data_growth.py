"""A changed spec over tables that are there: they grow without losing data, or it is said why they cannot."""

import msgspec
import pytest

from dataforms.database import Database, Query
from dataforms.errors import RecordInvalid, SchemaDiffers
from dataforms.spec import AppSpec, Entity, Field

NAME = Field(name="name", title="Name", type="text", required=True)
COUNT = Field(name="count", title="Count", type="integer")


def spec(*fields: Field, more: tuple[Entity, ...] = ()) -> AppSpec:
    return AppSpec(name="a", title="A", entities=(Entity(name="Thing", title="Thing", fields=fields), *more))


def opened(url: str, made_of: AppSpec) -> Database:
    database = Database(made_of, url)
    database.create()
    return database


@pytest.fixture
def grown(url: str) -> str:
    database = opened(url, spec(NAME, COUNT))
    database.load("Thing", [{"name": "a", "count": 1}, {"name": "a", "count": 2}])
    database.close()
    return url


def test_new_fields_and_entities_appear_beside_the_data(grown: str) -> None:
    other = Entity(name="Other", title="Other", fields=(NAME,))
    link = Field(name="select", title="Other", type="reference", target="Other")
    paid = Field(name="paid", title="Paid", type="boolean")
    database = opened(grown, spec(NAME, paid, COUNT, link, more=(other,)))
    thing = database.insert(
        "Thing", {"name": "b", "paid": True, "select": database.insert("Other", {"name": "o"})}
    )
    first = database.get("Thing", 1)
    last = database.get("Thing", thing)
    assert first is not None
    assert first.values == {"name": "a", "paid": None, "count": 1, "select": None}
    assert last is not None
    assert last.labels == {"select": "o"}
    database.close()


def test_a_removed_field_keeps_its_data_for_when_it_comes_back(grown: str) -> None:
    without = opened(grown, spec(NAME))
    without.insert("Thing", {"name": "c"})
    without.close()
    database = opened(grown, spec(NAME, COUNT))
    assert [row.values["count"] for row in database.page("Thing", Query()).rows] == [1, 2, None]
    database.close()


def test_uniqueness_is_added_and_taken_away(grown: str) -> None:
    unique = opened(grown, spec(NAME, msgspec.structs.replace(COUNT, unique=True)))
    with pytest.raises(RecordInvalid):
        unique.insert("Thing", {"name": "d", "count": 2})
    unique.close()
    database = opened(grown, spec(NAME, COUNT))
    database.insert("Thing", {"name": "d", "count": 2})
    database.close()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ((NAME, Field(name="count", title="C", type="text")), "stored as (INTEGER|BIGINT)"),
        ((NAME, Field(name="new", title="N", type="text", required=True)), "new is required"),
        ((msgspec.structs.replace(NAME, required=False),), "required in the database"),
        ((COUNT,), "not in the spec at all"),
        ((msgspec.structs.replace(NAME, unique=True),), "shall be unique"),
    ],
)
def test_a_change_that_would_lose_data_is_refused(grown: str, fields: tuple[Field, ...], reason: str) -> None:
    database = Database(spec(*fields), grown)
    with pytest.raises(SchemaDiffers, match=reason):
        database.create()
    database.close()
    before = opened(grown, spec(NAME, COUNT))
    assert before.counts() == {"Thing": 2}
    before.close()
