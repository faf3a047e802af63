"""Changes that meet: of one record by two people, of many records at once, and those that are taken back."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataforms.access import Access
from dataforms.database import Database, Query
from dataforms.errors import NotAllowed, RecordChanged, RecordInUse, RecordInvalid, UnknownRecord
from dataforms.spec import AppSpec, Entity, Field, Permission, Role, Rule
from testbed import wait_for

SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Item",
            title="Item",
            plural="Items",
            fields=(
                Field(name="number", title="Number", type="auto_number"),
                Field(name="name", title="Name", type="text", required=True, unique=True),
                Field(name="price", title="Price", type="money"),
                Field(name="stock", title="Stock", type="integer"),
                Field(name="since", title="Since", type="date"),
                Field(name="spot", title="Spot", type="location"),
                Field(name="part_of", title="Part of", type="reference", target="Item"),
                Field(name="fits", title="Fits", type="references", target="Item"),
                Field(name="owner", title="Owner", type="text", default="me"),
                Field(name="mail", title="Mail", type="email", default="me"),
                Field(name="worth", title="Worth", type="computed", expression="price * stock"),
            ),
            rules=(Rule(kind="check", expression="stock >= 0", fields=("stock",)),),
        ),
    ),
    roles=(
        Role(
            name="own",
            title="Own",
            permissions=(
                Permission(entity="Item", create=True, update=True, delete=True, condition="owner == me"),
            ),
        ),
        Role(name="look", title="Look", permissions=(Permission(entity="Item"),)),
    ),
)
WHOLE = {
    "name": "Bolt", "price": "1.50", "stock": 4, "since": "2026-01-02", "spot": "1.5, 2.5", "owner": "ana",
}  # fmt: skip


def opened(url: str) -> Database:
    database = Database(SPEC, url)
    database.create()
    return database


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Database]:
    database = opened(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def elsewhere(postgresql_url: str) -> Iterator[Database]:
    database = opened(postgresql_url)
    yield database
    database.close()


def version(database: Database, id: int) -> str:
    record = database.get("Item", id)
    assert record is not None
    return record.version


def protects(database: Database) -> None:
    """Change one record from two sides."""
    bolt = database.insert("Item", WHOLE)
    nut = database.insert("Item", {"name": "Nut"})
    seen = version(database, bolt)
    assert database.page("Item", Query(sort="id")).rows[0].version == seen
    database.update("Item", bolt, {"stock": 5}, expect=seen)
    with pytest.raises(RecordChanged) as refused:
        database.update("Item", bolt, {"stock": 9}, expect=seen)
    assert refused.value.values["stock"] == 5
    assert refused.value.version == version(database, bolt) != seen
    database.update("Item", bolt, {"stock": 9}, expect=refused.value.version)
    seen = version(database, bolt)
    database.update("Item", bolt, {"fits": [nut]})
    with pytest.raises(RecordChanged):
        database.update("Item", bolt, {"stock": 1}, expect=seen)
    database.update("Item", bolt, {"fits": []})
    assert version(database, bolt) == seen


def takes_back(database: Database) -> None:
    """Delete a record with links to and from it, and restore it."""
    ids = database.keys("Item", "name")
    bolt, nut = ids["Bolt"], ids["Nut"]
    database.update("Item", bolt, {"fits": [nut], "part_of": nut})
    database.update("Item", nut, {"fits": [bolt, nut]})
    with pytest.raises(RecordInUse):
        database.delete("Item", nut)
    before = database.get("Item", bolt)
    deleted = database.delete("Item", bolt)
    assert deleted.unlinked == {"Item": 1}
    assert database.get("Item", bolt) is None
    assert database.deleted("Item")[0].label == "Bolt"
    assert database.restore("Item", [deleted.item]).done == (bolt,)
    assert database.get("Item", bolt) == before
    nuts = database.get("Item", nut)
    assert nuts is not None
    assert nuts.values["fits"] == (bolt, nut)
    assert deleted.item not in [item.id for item in database.deleted("Item")]
    again = database.restore("Item", [deleted.item])
    assert "cannot be restored any more" in again.refused[0].message
    assert database.insert("Item", {"name": "New"}) > bolt


def test_one_record_on_sqlite(shop: Database) -> None:
    protects(shop)
    takes_back(shop)


@pytest.mark.e2e
def test_one_record_on_postgresql(elsewhere: Database) -> None:
    protects(elsewhere)
    takes_back(elsewhere)
    report = elsewhere.change("Item", Query(), {"stock": 3})
    assert len(report.done) == 3
    assert len(elsewhere.change("Item", Query(), {"name": "Same"}).refused) == 2
    assert len(elsewhere.delete_many("Item", Query()).done) == 3


def test_many_are_changed_and_those_that_refuse_say_why(shop: Database) -> None:
    ids = [shop.insert("Item", {"name": name, "stock": place}) for place, name in enumerate("abc")]
    report = shop.change("Item", ids, {"stock": "7", "price": "2"})
    assert report.done == tuple(ids)
    assert [row.values["stock"] for row in shop.page("Item", Query()).rows] == [7, 7, 7]
    report = shop.change("Item", [*ids, 99], {"name": "one"})
    assert report.done == (ids[0],)
    assert [(each.label, each.message) for each in report.refused] == [
        ("b", "Name: Another record has this already."),
        ("c", "Name: Another record has this already."),
        ("Item 99", "There is no Item 99. It may have been deleted."),
    ]
    assert shop.change("Item", Query(search="b"), {"stock": -1}).done == ()
    assert shop.change("Item", Query(search="b"), {"stock": 1}).done == (ids[1],)


def test_many_are_deleted_in_the_order_that_works_and_come_back(shop: Database) -> None:
    whole = shop.insert("Item", {"name": "whole"})
    part = shop.insert("Item", {"name": "part", "part_of": whole})
    other = shop.insert("Item", {"name": "other", "part_of": whole})
    assert shop.delete_many("Item", [whole, part]).done == (part,)
    report = shop.delete_many("Item", Query())
    assert sorted(report.done) == [whole, other]
    assert shop.counts() == {"Item": 0}
    assert sorted(shop.restore("Item", report.items).done) == [whole, other]
    record = shop.get("Item", other)
    assert record is not None
    assert record.values["part_of"] == whole


def test_what_cannot_come_back_says_why_and_stays(shop: Database) -> None:
    whole = shop.insert("Item", {"name": "whole"})
    part = shop.insert("Item", {"name": "part", "part_of": whole})
    item = shop.delete("Item", part).item
    shop.insert("Item", {"name": "part"})
    shop.delete("Item", whole)
    [refused] = shop.restore("Item", [item]).refused
    assert "Name: Another record has this already." in refused.message
    assert f"Part of: There is no Item {whole}." in refused.message
    assert len(shop.deleted("Item")) == 2


def test_roles_hold_for_many_and_for_what_was_deleted(shop: Database) -> None:
    mine = shop.insert("Item", {"name": "mine", "owner": "ana"})
    theirs = shop.insert("Item", {"name": "theirs", "owner": "bo"})
    ana = shop.acting(Access(me="ana", roles=("own", "look")))
    report = ana.change("Item", [mine, theirs], {"stock": 1})
    assert report.done == (mine,)
    assert "roles do not let" in report.refused[0].message
    shop.delete("Item", theirs)
    item = ana.delete_many("Item", Query()).items[0]
    assert [each.label for each in ana.deleted("Item")] == ["mine"]
    with pytest.raises(NotAllowed):
        shop.acting(Access(me="cy", roles=("look",))).deleted("Item")
    assert shop.acting(Access(me="bo", roles=("own",))).restore("Item", [item]).done == ()
    assert ana.restore("Item", [item]).done == (mine,)


def test_the_account_is_the_default_where_it_is_said(shop: Database) -> None:
    def added(database: Database) -> tuple[object, object]:
        record = shop.get("Item", database.insert("Item", {"name": str(shop.counts())}))
        assert record is not None
        return record.values["owner"], record.values["mail"]

    assert added(shop) == (None, None)
    assert added(shop.acting(Access(me="ana"))) == ("ana", None)
    assert added(shop.acting(Access(me="ana@example.com"))) == ("ana@example.com",) * 2
    assert shop.acting(Access(me="ana")).defaults("Item")["owner"] == "ana"


def test_changes_are_noticed_in_this_process_and_from_others(shop: Database, sqlite_url: str) -> None:
    told: list[bool] = []
    end = shop.changes.subscribe(lambda: told.append(True))
    assert not shop.changes.changed()
    id = shop.insert("Item", {"name": "a"})
    assert (told, shop.changes.changed(), shop.changes.changed()) == ([True], True, False)
    other = opened(sqlite_url)
    other.update("Item", id, {"stock": 1})
    assert (told, shop.changes.changed(), shop.changes.changed()) == ([True], True, False)
    with suppress(RecordInvalid):
        other.update("Item", id, {"stock": -1})
    assert not shop.changes.changed()
    end()
    shop.delete("Item", id)
    assert told == [True]
    other.close()


@pytest.mark.e2e
def test_changes_are_noticed_on_postgresql(elsewhere: Database, postgresql_url: str) -> None:
    other = opened(postgresql_url)
    assert not elsewhere.changes.changed()
    id = other.insert("Item", {"name": "noticed"})
    wait_for(elsewhere.changes.changed)
    assert not elsewhere.changes.changed()
    other.delete("Item", id)
    other.close()


def test_unknown_records_are_told(shop: Database) -> None:
    with pytest.raises(UnknownRecord):
        shop.update("Item", 5, {"stock": 1}, expect="0" * 16)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=6)
@given(
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1),
    st.integers(0, 10**9),
    st.dates(),
    st.decimals(-1000, 1000, places=2),
)
def test_a_restored_record_is_as_it_was(
    shop: Database, name: str, stock: int, since: object, price: object
) -> None:
    id = shop.insert("Item", {"name": name, "stock": stock, "since": since, "price": price})
    before = shop.get("Item", id)
    shop.restore("Item", [shop.delete("Item", id).item])
    assert shop.get("Item", id) == before
    shop.delete("Item", id)
