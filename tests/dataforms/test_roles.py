"""Roles: whatever is asked, nobody gets a row or a field that no role of theirs shows, or changes one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres import Server

from dataforms.access import Access
from dataforms.around import ChildRow
from dataforms.database import Database, Query
from dataforms.errors import NotAllowed, RecordInUse, RecordInvalid, UnknownName, UnknownRecord
from dataforms.filters import read_filter
from dataforms.spec import AppSpec, Entity, Field, Permission, Role

PEOPLE = (("ana", "north", 100), ("bo", "north", 200), ("cy", "south", 300), ("di", None, 400))


def person(**more: object) -> Permission:
    return Permission(entity="Person", **more)  # type: ignore[arg-type]  # each test names its own


SPEC = AppSpec(
    name="staff",
    title="Staff",
    entities=(
        Entity(
            name="Person",
            title="Person",
            plural="People",
            fields=(
                Field(name="name", title="Name", type="text", required=True, unique=True),
                Field(name="team", title="Team", type="text"),
                Field(name="pay", title="Pay", type="money"),
                Field(name="yearly", title="Yearly", type="computed", expression="pay * 12"),
                Field(name="boss", title="Boss", type="reference", target="Person"),
                Field(name="notes", title="Notes", type="children", target="Note", via="about"),
            ),
        ),
        Entity(
            name="Note",
            title="Note",
            plural="Notes",
            fields=(
                Field(name="text", title="Text", type="text", required=True),
                Field(name="about", title="About", type="reference", target="Person"),
                Field(name="writer", title="Writer", type="text"),
            ),
        ),
    ),
    roles=(
        Role(
            name="self",
            title="Oneself",
            permissions=(
                person(update=True, condition="name == me", read_only=("pay", "team")),
                Permission(entity="Note", create=True, update=True, delete=True, condition="writer == me"),
            ),
        ),
        Role(
            name="north", title="North", permissions=(person(condition='team == "north"', hidden=("pay",)),)
        ),
        Role(name="list", title="List", permissions=(person(hidden=("pay", "yearly")),)),
        Role(
            name="chief",
            title="Chief",
            permissions=(person(create=True, update=True, delete=True), Permission(entity="Note")),
        ),
        Role(name="remover", title="Remover", permissions=(person(delete=True, condition='name == "ana"'),)),
        Role(
            name="own_notes",
            title="Own notes",
            permissions=(person(delete=True), Permission(entity="Note", condition="writer == me")),
        ),
        Role(name="box", title="Box", permissions=(Permission(entity="Note", read=False, create=True),)),
        Role(name="hire", title="Hire", permissions=(person(read=False, create=True),)),
    ),
)


def filled(url: str) -> Database:
    database = Database(SPEC, url)
    database.create()
    ids = {
        name: database.insert("Person", {"name": name, "team": team, "pay": pay})
        for name, team, pay in PEOPLE
    }
    database.update("Person", ids["ana"], {"boss": ids["cy"]})
    database.update("Person", ids["bo"], {"boss": ids["ana"]})
    database.insert("Note", {"text": "good", "about": ids["ana"], "writer": "ana"})
    database.insert("Note", {"text": "late", "about": ids["ana"], "writer": "cy"})
    return database


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[Database]:
    database = filled(f"sqlite:///{tmp_path}/staff.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = filled(f"sqlite:///{tmp_path_factory.mktemp('staff')}/staff.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def elsewhere(postgresql: Server) -> Iterator[Database]:
    with postgresql.schema() as url:
        database = filled(url)
        yield database
        database.close()


def names(database: Database, query: Query | None = None) -> list[object]:
    return [row.values["name"] for row in database.page("Person", query or Query()).rows]


def id_of(database: Database, name: str) -> int:
    return {str(key): id for key, id in database.keys("Person", "name").items()}[name]


def test_what_keeps_a_record_from_being_deleted_is_told_as_far_as_it_is_seen(staff: Database) -> None:
    told = {}
    for role in ("chief", "remover", "own_notes"):
        with pytest.raises(RecordInUse) as refused:
            staff.acting(Access(me="ana", roles=(role,))).delete("Person", id_of(staff, "ana"))
        told[role] = (refused.value.users, str(refused.value))
    assert told["chief"][0] == {"Person": 1, "Note": 2}
    assert told["own_notes"][0] == {"Person": 1, "Note": 1}
    hidden = "Records that you may not see use this Person, so it cannot be deleted."
    assert told["remover"] == ({}, hidden)


def test_without_limits_everything_is_seen(staff: Database) -> None:
    everybody = ["ana", "bo", "cy", "di"]
    assert names(staff) == names(staff.acting(Access(me="x"))) == everybody
    assert names(staff.acting(Access(me="x", roles=("chief",)))) == everybody


def test_an_account_without_a_role_sees_no_table(staff: Database) -> None:
    nobody = staff.acting(Access(me="ana", roles=()))
    assert nobody.spec.entities == ()
    assert nobody.counts() == {}
    with pytest.raises(UnknownName):
        nobody.page("Person", Query())


def test_a_spec_without_roles_lets_every_account_do_everything(tmp_path: Path) -> None:
    plain = AppSpec(name="staff", title="Staff", entities=SPEC.entities)
    database = Database(plain, f"sqlite:///{tmp_path}/plain.db")
    database.create()
    assert database.acting(Access(me="ana", roles=())).insert("Person", {"name": "x"}) == 1
    database.close()


def test_rows_of_a_condition_alone_are_read_counted_found_and_offered(staff: Database) -> None:
    north = staff.acting(Access(me="bo", roles=("north",)))
    assert names(north) == ["ana", "bo"]
    assert north.counts() == {"Person": 2}
    assert north.page("Person", Query(search="cy")).total == 0
    assert north.get("Person", id_of(staff, "cy")) is None
    assert [option.label for option in north.options("Person")] == ["ana", "bo"]
    assert north.labels("Person", [1, 2, 3, 4]) == {1: "ana", 2: "bo"}
    assert set(north.keys("Person", "name")) == {"ana", "bo"}


def test_a_reference_to_a_record_out_of_sight_tells_no_label(staff: Database) -> None:
    north = staff.acting(Access(me="bo", roles=("north",)))
    found = {row.values["name"]: row.labels["boss"] for row in north.page("Person", Query()).rows}
    assert found == {"ana": "", "bo": "ana"}
    assert north.page("Person", Query(search="cy")).total == 0, "nor is it found by it"
    by_boss = names(north, Query(sort="boss"))
    assert by_boss == ["bo", "ana"], "nor sorted by it: what cannot be seen comes last"


def test_what_one_does_not_see_is_not_there_to_refer_to(staff: Database) -> None:
    me, ana = staff.acting(Access(me="bo", roles=("self",))), id_of(staff, "ana")
    for about in (ana, 99):
        with pytest.raises(RecordInvalid) as refused:
            me.insert("Note", {"text": "of others", "about": about, "writer": "bo"})
        assert refused.value.errors == {"about": f"There is no Person {about}."}
    note = me.insert("Note", {"text": "of mine", "about": id_of(staff, "bo"), "writer": "bo"})
    with pytest.raises(RecordInvalid) as refused:
        me.update("Note", note, {"about": ana})
    assert refused.value.errors == {"about": f"There is no Person {ana}."}


def test_a_reference_to_what_one_does_not_see_may_stay(staff: Database) -> None:
    me, bo = staff.acting(Access(me="bo", roles=("self",))), id_of(staff, "bo")
    me.update("Person", bo, {"name": "bo", "boss": id_of(staff, "ana")})
    assert staff.get("Person", bo).values["boss"] == id_of(staff, "ana")  # type: ignore[union-attr]  # it is there


def test_who_may_only_add_adds_rows_with_the_record(staff: Database) -> None:
    both = staff.acting(Access(me="x", roles=("hire", "self")))
    rows = [ChildRow(values={"text": "new", "writer": "x"})]
    id = both.save("Person", None, {"name": "eve"}, {"notes": rows})
    assert both.get("Person", id) is None
    assert [row.values["text"] for row in staff.related("Person", "notes", id, 9)] == ["new"]


def test_a_hidden_field_is_nowhere(staff: Database) -> None:
    listing = staff.acting(Access(me="bo", roles=("list",)))
    row = listing.page("Person", Query()).rows[0]
    assert "pay" not in row.values
    assert "yearly" not in row.values
    for query in (Query(sort="pay"), Query(sort="-yearly")):
        with pytest.raises(UnknownName):
            listing.page("Person", query)
    with pytest.raises(UnknownName):
        listing.keys("Person", "pay")


def test_several_roles_add_up_row_by_row(staff: Database) -> None:
    both = staff.acting(Access(me="di", roles=("north", "self")))
    pay = {row.values["name"]: row.values["pay"] for row in both.page("Person", Query()).rows}
    assert set(pay) == {"ana", "bo", "di"}
    assert [pay["ana"], pay["bo"]] == [None, None], "the team's pay stays hidden"
    assert pay["di"] is not None, "one's own is shown"
    by_pay = names(both, Query(sort="-pay"))
    assert by_pay == ["di", "ana", "bo"], "an order by what is hidden would tell it"


def test_related_records_are_counted_as_they_are_seen(staff: Database) -> None:
    me = staff.acting(Access(me="ana", roles=("self",)))
    assert me.page("Person", Query()).rows[0].values["notes"] == 1
    assert "notes" not in staff.acting(Access(roles=("list",))).page("Person", Query()).rows[0].values
    assert staff.page("Person", Query()).rows[0].values["notes"] == 2


def test_one_changes_what_a_permission_lets_one_and_no_more(staff: Database) -> None:
    me = staff.acting(Access(me="bo", roles=("self", "list")))
    bo, cy = id_of(staff, "bo"), id_of(staff, "cy")
    me.update("Person", bo, {"boss": cy})
    with pytest.raises(RecordInvalid) as refused:
        me.update("Person", bo, {"pay": 999})
    assert refused.value.errors == {"pay": "Cannot be changed."}
    with pytest.raises(NotAllowed):
        me.update("Person", cy, {"boss": bo})
    with pytest.raises(NotAllowed):
        me.delete("Person", bo)
    with pytest.raises(NotAllowed):
        me.insert("Person", {"name": "new"})
    with pytest.raises(UnknownRecord):
        staff.acting(Access(me="bo", roles=("self",))).update("Person", cy, {"boss": bo})
    found = {
        row.values["name"]: (row.values["pay"], row.values["boss"])
        for row in staff.page("Person", Query()).rows
    }
    assert found["bo"] == (200, cy)
    assert found["cy"] == (300, None)


def test_a_record_cannot_be_moved_out_of_what_one_may_change(staff: Database) -> None:
    me = staff.acting(Access(me="ana", roles=("self",)))
    with pytest.raises(NotAllowed):
        me.update("Note", 1, {"writer": "bo"})
    with pytest.raises(NotAllowed):
        me.insert("Note", {"text": "x", "writer": "bo"})
    assert me.insert("Note", {"text": "x", "writer": "ana"}) > 0
    found = staff.get("Note", 1)
    assert found is not None
    assert found.values["writer"] == "ana"
    assert staff.counts()["Note"] == 3


def test_who_may_only_add_reads_nothing(staff: Database) -> None:
    box = staff.acting(Access(roles=("box",)))
    assert box.counts() == {}
    with pytest.raises(NotAllowed):
        box.page("Note", Query())
    with pytest.raises(NotAllowed):
        box.options("Note")
    box.insert("Note", {"text": "anonymous"})
    assert staff.counts()["Note"] == 3


def test_who_may_fill_in_what_is_hidden_still_does_not_read_it(staff: Database) -> None:
    both = staff.acting(Access(me="x", roles=("list", "hire")))
    both.insert("Person", {"name": "new", "pay": 500})
    rows = both.page("Person", Query(sort="-pay")).rows
    assert {row.values["pay"] for row in rows} == {row.values["yearly"] for row in rows} == {None}
    assert [row.id for row in rows] == sorted(row.id for row in rows), "nor does an order tell it"
    assert both.page("Person", Query(filter=read_filter('{"all": [["pay", ">=", 300]]}'))).total == 0
    assert both.totals("Person", Query(), [("pay", "sum")]) == [None]
    found = staff.page("Person", Query(search="new")).rows[0]
    assert found.values["pay"] == 500


def test_a_hidden_value_is_not_told_by_what_may_not_be_twice(tmp_path: Path) -> None:
    field = Field(name="iban", title="IBAN", type="text", unique=True)
    entity = Entity(name="P", title="P", fields=(Field(name="name", title="N", type="text"), field))
    permission = Permission(entity="P", create=True, hidden=("iban",))
    role = Role(name="r", title="R", permissions=(permission,))
    database = Database(
        AppSpec(name="a", title="A", entities=(entity,), roles=(role,)), f"sqlite:///{tmp_path}/a.db"
    )
    database.create()
    database.insert("P", {"name": "ana", "iban": "DE1"})
    told = []
    for guess in ("DE1", "DE2"):
        with pytest.raises(RecordInvalid) as refused:
            database.acting(Access(me="x", roles=("r",))).insert("P", {"name": "x", "iban": guess})
        told.append((refused.value.errors, refused.value.conflicts))
    assert told[0] == told[1]
    database.close()


def test_a_hidden_value_survives_a_change_by_somebody_who_does_not_see_it(staff: Database) -> None:
    editor = Role(name="editor", title="Editor", permissions=(person(update=True, hidden=("pay",)),))
    spec = AppSpec(name="staff", title="Staff", entities=SPEC.entities, roles=(editor,))
    other = Database(spec, str(staff._connections.url))
    one = other.acting(Access(me="x", roles=("editor",)))
    one.update("Person", id_of(staff, "di"), {"team": "west"})
    with pytest.raises(RecordInvalid):
        one.update("Person", id_of(staff, "di"), {"pay": 1})
    found = staff.get("Person", id_of(staff, "di"))
    assert found is not None
    assert (found.values["team"], found.values["pay"]) == ("west", 400)
    other.close()


ROLES = st.lists(st.sampled_from(["self", "north", "list", "box", "hire"]), unique=True)
WHO = st.sampled_from(["ana", "bo", "cy", "di", "stranger"])


def visible(me: str, roles: list[str]) -> dict[str, bool]:
    """Return who is seen by an account, and whether their pay is."""
    rows: dict[str, bool] = {}
    for name, team, _ in PEOPLE:
        shows = {
            role: role == "self"
            for role, holds in (("self", name == me), ("north", team == "north"), ("list", True))
            if role in roles and holds
        }
        if shows:
            rows[name] = any(shows.values())
    return rows


def check_sight(database: Database, me: str, roles: list[str]) -> None:
    wanted = visible(me, roles)
    acting = database.acting(Access(me=me, roles=tuple(roles)))
    if not any(role in roles for role in ("self", "north", "list")):
        with pytest.raises(NotAllowed if "hire" in roles else UnknownName):
            acting.page("Person", Query())
        return
    for sort in (None, "name", "-team", "boss"):
        page = acting.page("Person", Query(sort=sort))
        assert {row.values["name"] for row in page.rows} == set(wanted)
        assert page.total == len(wanted) == acting.counts()["Person"]
        for row in page.rows:
            assert (row.values.get("pay") is not None) == wanted[str(row.values["name"])]
            assert all(label in ("", *wanted) for label in row.labels.values())
    assert {option.label for option in acting.options("Person")} == set(wanted)


@given(me=WHO, roles=ROLES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_roles_nothing_else_is_seen(read_only: Database, me: str, roles: list[str]) -> None:
    check_sight(read_only, me, roles)


@pytest.mark.e2e
@given(me=WHO, roles=ROLES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_postgresql_shows_no_more(elsewhere: Database, me: str, roles: list[str]) -> None:
    check_sight(elsewhere, me, roles)
