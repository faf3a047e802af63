"""Importing files into a table that is there: mapped, matched, rehearsed, carried out, and told."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from postgres import postgres

from dataforms.access import Access
from dataforms.database import Database, Query
from dataforms.errors import DataError
from dataforms.importing.mapping import Guessed, MappingInvalid, guess
from dataforms.importing.plan import Column, Fault, Plan, Report
from dataforms.importing.run import carry_out, rehearse
from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.sheet import Sheet, open_sheet
from dataforms.spec import AppSpec, ChoicesWhen, Entity, Field, Permission, Role, Rule

CATEGORY = Entity(
    name="Category",
    title="Category",
    fields=(Field(name="name", title="Name", type="text", required=True, unique=True),),
)
ITEM_FIELDS = (
    Field(name="number", title="Number", type="auto_number"),
    Field(name="code", title="Code", type="text", required=True, unique=True),
    Field(name="name", title="Name", type="text", required=True, max=20),
    Field(name="price", title="Price", type="money", currency="EUR", min=0),
    Field(name="bought", title="Bought on", type="date"),
    Field(name="state", title="State", type="enum", choices=("New", "Used"), default="New"),
    Field(name="category", title="Category", type="reference", target="Category"),
    Field(name="shelf", title="Shelf", type="integer"),
)
TOGETHER = Rule(kind="unique", fields=("name", "shelf"))
SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(CATEGORY, Entity(name="Item", title="Item", fields=ITEM_FIELDS, rules=(TOGETHER,))),
)
CONDITIONS: dict[str, dict[str, Any]] = {
    "name": {"read_only_when": "price == 1"},
    "price": {"required_when": "shelf == 2"},
    "state": {"choices_when": (ChoicesWhen(when="shelf == 1", choices=("New",)),)},
    "category": {"visible_when": "shelf != 2"},
}
LIVELY = replace(
    SPEC,
    entities=(
        CATEGORY,
        Entity(
            name="Item",
            title="Item",
            fields=(
                *(replace(field, **CONDITIONS.get(field.name, {})) for field in ITEM_FIELDS),
                Field(name="double", title="Double", type="computed", expression="price * 2"),
            ),
            rules=(
                TOGETHER,
                Rule(kind="check", expression="price != 13.13", message="Unlucky."),
                Rule(kind="check", expression="category.name != 'Seat' or price != 2.5", fields=("price",)),
            ),
        ),
    ),
)


def linked(spec: AppSpec, *rules: Rule) -> AppSpec:
    """Return a spec with a field of pairs."""
    item = spec.entity("Item")
    field = Field(name="related", title="Related", type="references", target="Item", max=2)
    whole = replace(item, fields=(*item.fields, field), rules=(*item.rules, *rules))
    return replace(spec, entities=(CATEGORY, whole))


ALWAYS = Rule(kind="check", expression="count(related) >= 0")
"""Asks for other records, so that those with it are imported one by one."""


ROWS = """code;Name;price;Bought on;State;Category;Colour
A1;Lamp;1.234,50 €;03.04.2024;new;Light;red
A2;Chair;20,00 €;31.12.2024;Used;Seat;
A3;;5,00 €;01.01.2024;;Light;x
A4;Table;-1,00 €;01.01.2024;;Seat;
A5;Sofa;7,00 €;02.01.2024;Old;Seat;
A1;Twin;8,00 €;02.01.2024;;Seat;
A6;Stool;9,00 €;02.01.2024;;Garden;
"""


def opened(url: str, spec: AppSpec = SPEC) -> Database:
    database = Database(spec, url)
    database.create()
    for name in ("Light", "Seat"):
        database.insert("Category", {"name": name})
    return database


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Database]:
    database = opened(f"sqlite:///{tmp_path}/shop.db")
    yield database
    database.close()


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[[str], Sheet]:
    def written(text: str, name: str = "items.csv") -> Sheet:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return open_sheet(path, name)

    return written


def first_rows(table: Sheet) -> list[list[object]]:
    return next(iter(table.batches())).rows


def guessed(database: Database, table: Sheet) -> Guessed:
    return guess(database, database.spec.entity("Item"), table.header, first_rows(table))


def silent(done: float, rows: int) -> None:
    """Tell nobody how far it is."""


class Refused:
    """Keeps the rows that are left out."""

    def __init__(self) -> None:
        self.rows: list[tuple[Sequence[object], Fault]] = []

    def __call__(self, cells: Sequence[object], fault: Fault) -> None:
        self.rows.append((cells, fault))


def items(database: Database) -> dict[object, dict[str, object]]:
    return {row.values["code"]: dict(row.values) for row in database.page("Item", Query(size=500)).rows}


def test_columns_are_mapped_by_name_and_by_what_they_hold(
    shop: Database, sheet: Callable[[str], Sheet]
) -> None:
    found = guessed(shop, sheet(ROWS))
    mapped = {column.header: column.field for column in found.plan.columns}
    assert mapped == {
        "code": "code",
        "Name": "name",
        "price": "price",
        "Bought on": "bought",
        "State": "state",
        "Category": "category",
        "Colour": None,
    }
    assert found.plan.key == "code"
    assert next(each.by for each in found.plan.columns if each.field == "category") == "name"
    assert any("Colour" in note for note in found.notes)


def test_rows_arrive_typed_and_faulty_ones_are_told(shop: Database, sheet: Callable[[str], Sheet]) -> None:
    table = sheet(ROWS)
    refused = Refused()
    report = carry_out(shop, table, guessed(shop, table).plan, silent, refused)
    assert (report.rows, report.inserted, report.faulty) == (7, 2, 5)
    reasons = {fault.number: (fault.column, fault.reason) for fault in report.examples}
    assert reasons[4] == ("Name", "This is required.")
    assert reasons[5] == ("price", "Must be at least €0.00.")
    assert reasons[6] == ("State", "Must be one of New, Used.")
    assert reasons[7] == ("", "An earlier row has the same Code.")
    assert reasons[8] == ("Category", "There is no Category with this Name.")
    assert [fault.number for _, fault in refused.rows] == [4, 5, 6, 7, 8]
    lamp = items(shop)["A1"]
    assert (lamp["price"], lamp["bought"], lamp["state"]) == (Decimal("1234.50"), date(2024, 4, 3), "New")
    assert (lamp["number"], items(shop)["A2"]["number"]) == (1, 2)


def test_records_that_are_there_are_changed_and_blank_cells_keep_them(
    shop: Database, sheet: Callable[[str], Sheet]
) -> None:
    shop.insert("Item", {"code": "A1", "name": "Old", "price": 3, "shelf": 9})
    shop.insert("Item", {"code": "A9", "name": "Other"})
    table = sheet("code,name,price\nA1,Lamp,\nA9,Other,\nB1,New,4\n")
    plan = guessed(shop, table).plan
    report = carry_out(shop, table, plan, silent, Refused())
    assert (report.inserted, report.updated, report.unchanged) == (1, 1, 1)
    assert (items(shop)["A1"]["name"], items(shop)["A1"]["price"]) == ("Lamp", 3)
    assert items(shop)["A1"]["shelf"] == 9
    carry_out(shop, table, replace(plan, blank="clear"), silent, Refused())
    assert items(shop)["A1"]["price"] is None


@pytest.mark.parametrize(
    ("changed", "numbers"),
    [
        ({"matched": "skip"}, {"inserted": 1, "skipped": 1}),
        ({"unmatched": "skip"}, {"updated": 1, "skipped": 1}),
        ({"matched": "refuse"}, {"inserted": 1, "faulty": 1}),
        ({"unmatched": "refuse"}, {"updated": 1, "faulty": 1}),
        ({"key": None}, {"inserted": 1, "faulty": 1}),
    ],
)
def test_what_becomes_of_known_and_new_rows_is_a_choice(
    shop: Database, sheet: Callable[[str], Sheet], changed: dict[str, object], numbers: dict[str, int]
) -> None:
    shop.insert("Item", {"code": "A1", "name": "Old"})
    table = sheet("code,name\nA1,Lamp\nB1,New\n")
    plan = replace(guessed(shop, table).plan, **changed)
    report = carry_out(shop, table, plan, silent, Refused())
    told = {name: getattr(report, name) for name in ("inserted", "updated", "skipped", "faulty")}
    assert {name: count for name, count in told.items() if count} == numbers


def test_a_rehearsal_tells_the_same_and_changes_nothing(
    shop: Database, sheet: Callable[[str], Sheet], tmp_path: Path
) -> None:
    shop.insert("Item", {"code": "A1", "name": "Old"})
    before = items(shop)
    table = sheet(ROWS)
    plan = guessed(shop, table).plan
    told = rehearse(shop, table, plan, silent, Refused())
    assert items(shop) == before
    assert carry_out(shop, table, plan, silent, Refused()) == told
    assert told.updated == 1
    assert not list(tmp_path.glob("copy-*"))


def test_records_by_their_number_and_references_by_theirs(
    shop: Database, sheet: Callable[[str], Sheet]
) -> None:
    first = shop.insert("Item", {"code": "A1", "name": "Old"})
    table = sheet(f"id,code,name,category\n{first},A1,Lamp,2\n77,B1,New,1\n")
    plan = guessed(shop, table).plan
    assert plan.key == "id"
    report = carry_out(shop, table, plan, silent, Refused())
    assert (report.updated, report.inserted) == (1, 1)
    assert items(shop)["A1"]["category"] == 2
    assert items(shop)["B1"]["category"] == 1


def test_a_cancelled_import_leaves_nothing_behind(shop: Database, sheet: Callable[[str], Sheet]) -> None:
    class Cancelled(Exception):
        """Raised by whoever wants it to end."""

    def cancel(done: float, rows: int) -> None:
        raise Cancelled

    table = sheet("code,name\nA1,Lamp\n")
    with pytest.raises(Cancelled):
        carry_out(shop, table, guessed(shop, table).plan, cancel, Refused())
    assert items(shop) == {}


def test_unique_together_holds_within_the_file_and_against_what_is_there(
    shop: Database, sheet: Callable[[str], Sheet]
) -> None:
    shop.insert("Item", {"code": "X", "name": "Lamp", "shelf": 1})
    table = sheet("code,name,shelf\nA,Lamp,1\nB,Lamp,2\nC,Lamp,2\nD,Lamp,\nE,Lamp,\n")
    report = carry_out(shop, table, guessed(shop, table).plan, silent, Refused())
    assert [(fault.number, fault.reason) for fault in report.examples] == [
        (2, "Another record has the same Name and Shelf."),
        (4, "Another record has the same Name and Shelf."),
    ]
    assert report.inserted == 3


def test_excel_and_json_bring_their_types_along(shop: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["Stock of the shop"])
    page.append(["Code", "Name", "Price", "Bought on", "Category", "Shelf"])
    page.append(["A1", "Lamp", 12.5, date(2024, 4, 3), "Light", 7])
    page.append([1001, "Chair", 20, date(2024, 4, 4), "Seat", None])
    book.save(tmp_path / "items.xlsx")
    records: list[dict[str, object]] = [
        {"code": "J1", "name": "Lamp", "price": 12.5, "category": "Light"},
        {"code": "J2", "name": "x"},
    ]
    (tmp_path / "array.json").write_text(json.dumps(records))
    (tmp_path / "lines.jsonl").write_text("\n".join(json.dumps({**each, "shelf": 5}) for each in records))
    excel = open_sheet(tmp_path / "items.xlsx", "items.xlsx")
    assert excel.notes == ('Left out, as it is above the table: "Stock of the shop".',)
    report = carry_out(shop, excel, guessed(shop, excel).plan, silent, Refused())
    assert (report.inserted, report.faulty) == (2, 0)
    lamp = items(shop)["A1"]
    assert (lamp["price"], lamp["bought"], lamp["shelf"]) == (Decimal("12.5"), date(2024, 4, 3), 7)
    assert "1001" in items(shop)
    for name, updated in (("array.json", 0), ("lines.jsonl", 2)):
        table = open_sheet(tmp_path / name, name)
        report = carry_out(shop, table, guessed(shop, table).plan, silent, Refused())
        assert (report.inserted + report.updated, report.updated, report.faulty) == (2, updated, 0)
    assert items(shop)["J2"]["shelf"] == 5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b""),
        ("x.xlsx", b"PK\x03\x04 nothing"),
        ("x.json", b'[{"a": 1}, 2]'),
        ("x.json", b'[{"a": 1}'),
        ("x.json", b"[]"),
        ("x.png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_a_file_without_a_table_is_refused_with_a_reason(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportRefused) as refused:
        list(open_sheet(tmp_path / name, name).batches())
    assert refused.value.hint


def test_a_file_that_breaks_off_leaves_nothing(shop: Database, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"code": "A", "name": "x"}, {"code": ')
    with pytest.raises(ImportRefused):
        open_sheet(tmp_path / "x.json", "x.json")
    assert items(shop) == {}


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(entity="Item", columns=(Column(header="code", field="code"),)), "The plan has 1 columns"),
        (
            Plan(entity="Item", columns=(Column(header="code", field="cod"), Column(header="name"))),
            "no field 'cod'",
        ),
        (
            Plan(entity="Item", columns=(Column(header="c", field="code"), Column(header="n", field="code"))),
            "Two columns go into Code.",
        ),
        (
            Plan(entity="Item", columns=(Column(header="code", field="code"), Column(header="n"))),
            "Name is required",
        ),
        (Plan(entity="Nothing", columns=()), "no entity 'Nothing'"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_anything_is_read(
    shop: Database, sheet: Callable[[str], Sheet], plan: Plan, message: str
) -> None:
    with pytest.raises(MappingInvalid, match=message):
        carry_out(shop, sheet("code,name\nA1,Lamp\n"), plan, silent, Refused())


@pytest.mark.parametrize("key", ["code", "id"])
def test_what_an_account_does_not_see_is_not_told_by_what_matches_it(
    tmp_path: Path, sheet: Callable[[str], Sheet], key: str
) -> None:
    some = Permission(entity="Item", create=True, update=True, condition="shelf == 1")
    clerk = Role(name="clerk", title="Clerk", permissions=(some, Permission(entity="Category")))
    database = opened(f"sqlite:///{tmp_path}/roles.db", replace(SPEC, roles=(clerk,)))
    own = database.insert("Item", {"code": "A", "name": "Chair", "price": 5, "shelf": 1})
    others = database.insert("Item", {"code": "B", "name": "Desk", "price": 7, "shelf": 2})
    acting = database.acting(Access(me="x", roles=("clerk",)))
    seen = []
    for price, number in ((7, others), (8, others), (7, others + 1)):
        table = sheet(f"id,code,price\n{own},A,5\n{number},{'B' if number == others else 'C'},{price}\n")
        plan = replace(guessed(acting, table).plan, key=key, unmatched="skip")
        report = rehearse(acting, table, plan, silent, Refused())
        seen.append((report.unchanged, report.updated, report.skipped, report.faulty))
    assert seen == [(1, 0, 1, 0)] * 3, "as if the other were not there"
    database.close()


def test_roles_hold_for_every_row(tmp_path: Path, sheet: Callable[[str], Sheet]) -> None:
    clerk = Role(
        name="clerk",
        title="Clerk",
        permissions=(
            Permission(entity="Item", create=True, update=True, condition="shelf == 1", read_only=("price",)),
            Permission(entity="Category"),
        ),
    )
    database = opened(f"sqlite:///{tmp_path}/roles.db", replace(SPEC, roles=(clerk,)))
    database.insert("Item", {"code": "A1", "name": "Old", "shelf": 2})
    acting = database.acting(Access(me="x", roles=("clerk",)))
    table = sheet("code,name,shelf\nA1,Mine,1\nB1,New,1\nB2,Other,2\n")
    report = carry_out(acting, table, guessed(acting, table).plan, silent, Refused())
    assert (report.inserted, report.updated, report.faulty) == (1, 0, 2)
    assert items(database)["A1"]["name"] == "Old"
    assert set(items(database)) == {"A1", "B1"}
    database.close()


def test_several_records_are_named_in_one_cell(tmp_path: Path, sheet: Callable[[str], Sheet]) -> None:
    database = opened(f"sqlite:///{tmp_path}/several.db", linked(SPEC))
    ids = [database.insert("Item", {"code": code, "name": code}) for code in ("A1", "A2", "A3", "A,B")]
    table = sheet('code;name;Related\nB1;One;A2, A1\nB2;Two;"A,B"\nB3;Three;A1 | A9\nB4;Four;A1|A2|A3\n')
    report = carry_out(database, table, guessed(database, table).plan, silent, Refused())
    assert [(fault.number, fault.reason) for fault in report.examples] == [
        (4, "There is no Item with this Code."),
        (5, "Choose at most 2; it has 3."),
    ]
    found = items(database)
    assert found["B1"]["related"] == (ids[0], ids[1])
    assert found["B2"]["related"] == (ids[3],)
    again = sheet("code;Related\nB1;A1,A2\nB2;A1\n")
    plan = replace(guessed(database, again).plan, unmatched="refuse")
    report = carry_out(database, again, plan, silent, Refused())
    assert (report.unchanged, report.updated) == (1, 1)
    assert items(database)["B2"]["related"] == (ids[0],)
    database.close()


def test_how_far_an_import_is_is_told_often_where_rows_are_stored_one_by_one(tmp_path: Path) -> None:
    database = opened(f"sqlite:///{tmp_path}/slow.db", linked(SPEC, ALWAYS))
    path = tmp_path / "slow.csv"
    path.write_text("code,name\n" + "".join(f"C{n},N{n}\n" for n in range(250)))
    table = open_sheet(path, path.name)
    told: list[tuple[float, int]] = []
    carry_out(
        database, table, guessed(database, table).plan, lambda *how_far: told.append(how_far), Refused()
    )
    assert [rows for _, rows in told] == [100, 200, 250]
    assert sorted({done for done, _ in told}) == [done for done, _ in told]
    database.close()


CODES = st.sampled_from(["A", "B", "C", "D", ""])
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "code": CODES,
            "name": st.sampled_from(["Lamp", "Chair", "", "x" * 30]),
            "price": st.sampled_from(["", "1", "-1", "2.5", "many"]),
            "category": st.sampled_from(["", "Light", "Seat", "Nowhere"]),
            "shelf": st.sampled_from(["", "1", "2"]),
            "state": st.sampled_from(["", "New", "Used"]),
            "related": st.sampled_from(["", "A", "A;A", "A, Nothing", "B"]),
        }
    ),
    max_size=8,
)


def outcome(url: str, spec: AppSpec, path: Path) -> tuple[Report, dict[object, dict[str, object]]]:
    database = opened(url, spec)
    database.insert("Item", {"code": "A", "name": "Old", "shelf": 1})
    try:
        table = open_sheet(path, path.name)
        columns = tuple(
            Column(header=name, field=name, by={"category": "name", "related": "code"}.get(name))
            for name in table.header
        )
        plan = Plan(entity="Item", columns=columns, key="code")
        try:
            report = carry_out(database, table, plan, silent, Refused())
        except DataError as error:
            raise AssertionError(str(error)) from error
        return report, items(database)
    finally:
        database.close()


@pytest.mark.long
@pytest.mark.e2e
@given(lines=LINES, spec=st.sampled_from([SPEC, LIVELY]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_at_once_come_to_the_same_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, str]], spec: AppSpec
) -> None:
    folder = tmp_path_factory.mktemp("same")
    path = folder / "items.jsonl"
    empty = dict.fromkeys(("code", "name", "price", "category", "shelf", "state", "related"), "")
    path.write_text("\n".join(json.dumps(each) for each in [*lines, {**empty, "code": "Z", "name": "Last"}]))
    together, there = outcome("sqlite://", linked(spec), path)
    one_by_one, here = outcome("sqlite://", linked(spec, ALWAYS), path)
    assert there == here
    assert sorted(fault.number for fault in together.examples) == sorted(
        fault.number for fault in one_by_one.examples
    )
    assert replace(together, examples=()) == replace(one_by_one, examples=())


@pytest.mark.e2e
@pytest.mark.parametrize("spec", [SPEC, LIVELY])
def test_postgresql_takes_the_same_file(sheet: Callable[[str], Sheet], spec: AppSpec) -> None:
    with postgres() as url:
        database = opened(url.replace("postgresql:", "postgresql+psycopg:"), spec)
        table = sheet(ROWS)
        plan = guessed(database, table).plan
        told = rehearse(database, table, plan, silent, Refused())
        assert items(database) == {}
        assert carry_out(database, table, plan, silent, Refused()) == told
        assert set(items(database)) == {"A1", "A2"}
        assert carry_out(database, table, plan, silent, Refused()).unchanged == 2
        database.close()
