"""Pages of records: by number, behind and before any record, counted; and large tables made quick."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from postgres import postgres

from dataforms.cursor import END
from dataforms.database import Database, Page, Query
from dataforms.errors import CursorInvalid
from dataforms.filters import filter_of
from dataforms.spec import AppSpec, Entity, Field
from dataforms.tuning import LARGE

NAMES = ("ana", "Ana", "Bo", "cy", "Dé", "z" * 400, "z" * 400 + "a")
STATES = ("New", "Open", "Done")
COUNT_LIMIT = 10_000
SORTS = ("id", "name", "state", "born", "pay", "done", "boss", "double", "team", "notes")
SPEC = AppSpec(
    name="staff",
    title="Staff",
    entities=(
        Entity(
            name="Person",
            title="Person",
            fields=(
                Field(name="name", title="Name", type="text"),
                Field(name="state", title="State", type="enum", choices=STATES),
                Field(name="born", title="Born", type="date"),
                Field(name="pay", title="Pay", type="money"),
                Field(name="done", title="Done", type="boolean"),
                Field(name="boss", title="Boss", type="reference", target="Person"),
                Field(name="team", title="Team", type="reference", target="Team"),
                Field(name="notes", title="Notes", type="long_text"),
                Field(name="double", title="Double", type="computed", expression="pay * 2"),
            ),
        ),
        Entity(
            name="Team",
            title="Team",
            fields=(Field(name="title", title="Title", type="text", required=True),),
        ),
    ),
)


def _rows(many: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(7)
    for number in range(many):
        row: dict[str, Any] = {
            "name": draw.choice(NAMES),
            "state": draw.choice(STATES),
            "born": date(2000, 1, 1) + timedelta(days=draw.randrange(5)),
            "pay": Decimal(draw.randrange(4)),
            "done": draw.random() < 0.5,
            "boss": draw.randrange(1, number + 2),
            "team": draw.randrange(1, 4),
            "notes": f"note {number}",
        }
        yield {name: None if draw.random() < 0.2 else value for name, value in row.items()}


def _filled(url: str, many: int) -> Database:
    database = Database(SPEC, url)
    database.create()
    database.load("Team", ({"title": title} for title in ("Red", "blue", "Green")))
    database.load("Person", _rows(many))
    return database


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = _filled(f"sqlite:///{tmp_path_factory.mktemp('paging')}/app.db", 45)
    yield database
    database.close()


def _ids(page: Page) -> list[int]:
    return [row.id for row in page.rows]


def _walk(database: Database, query: dict[str, Any], size: int) -> list[int]:
    """Return all ids, found page after page; on the way back they must be the same."""
    pages = [database.page("Person", Query(**query, size=size))]
    while pages[-1].has_more:
        pages.append(database.page("Person", Query(**query, size=size, after=pages[-1].last)))
    ids = [id for page in pages for id in _ids(page)]
    back = database.page("Person", Query(**query, size=size, before=END))
    found = _ids(back)
    while back.rows:
        back = database.page("Person", Query(**query, size=size, before=back.first))
        found = _ids(back) + found
    assert found == ids
    return ids


def _agree(database: Database, query: dict[str, Any]) -> list[int]:
    whole = _ids(database.page("Person", Query(**query, size=1000)))
    assert len(set(whole)) == len(whole)
    numbered = [
        _ids(database.page("Person", Query(**query, size=11, page=number)))
        for number in range(1, len(whole) // 11 + 3)
    ]
    assert [id for page in numbered for id in page] == whole
    assert _walk(database, query, 11) == whole
    return whole


QUERIES: list[dict[str, Any]] = [
    {**({"sort": sign + sort}), **more}
    for sort in SORTS
    for sign in ("", "-")
    for more in (
        {},
        {"search": "n"},
        {"filter": filter_of({"any": [["pay", ">", 1], ["pay", "empty"]]})},
        {"group": "state"},
    )
]


@pytest.mark.parametrize("sort", ["-name", "state", "team"])
def test_every_way_to_turn_pages_shows_every_record_once(small: Database, sort: str) -> None:
    assert len(_agree(small, {"sort": sort})) == 45


@pytest.mark.e2e
def test_so_it_is_by_every_field_searched_filtered_and_grouped(small: Database) -> None:
    for query in QUERIES:
        _agree(small, query)


@pytest.mark.e2e
def test_pages_are_the_same_on_postgresql(small: Database) -> None:
    with postgres() as url:
        database = _filled(url, 45)
        try:
            for query in QUERIES[::3]:
                whole = _agree(database, query)
                # how texts are ordered, and what the lower case of é is, a database's locale says
                if query["sort"].strip("-") not in ("name", "notes", "boss"):
                    assert whole == _ids(small.page("Person", Query(**query, size=1000)))
        finally:
            database.close()


def test_the_empty_come_last_whichever_way_it_is_sorted(small: Database) -> None:
    for sort in ("born", "-born"):
        values = [row.values["born"] for row in small.page("Person", Query(sort=sort, size=100)).rows]
        filled = [value for value in values if value is not None]
        assert values == filled + [None] * (len(values) - len(filled))
        assert filled == sorted(filled, reverse=sort.startswith("-"))  # type: ignore[type-var]  # dates


@pytest.mark.parametrize(
    "cursor", ["", "x", "WzBd", "WzksMV0", "Wy0xLDFd", "W251bGwsMV0", "é" * 9_000, "WzAsInkiXQ"]
)
def test_a_cursor_that_is_none_is_refused(small: Database, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        small.page("Person", Query(sort="name", after=cursor))
    with pytest.raises(CursorInvalid):
        small.page("Person", Query(sort="name", before=cursor))


def test_a_group_comes_first_and_the_sort_orders_within(small: Database) -> None:
    rows = small.page("Person", Query(group="state", sort="-pay", size=100)).rows
    places = [STATES.index(str(row.values["state"])) if row.values["state"] else 9 for row in rows]
    assert places == sorted(places)
    for state in STATES:
        pays = [row.values["pay"] for row in rows if row.values["state"] == state]
        filled = [pay for pay in pays if pay is not None]
        assert filled == sorted(filled, reverse=True)  # type: ignore[type-var]  # decimals


def test_groups_and_totals_are_of_what_is_found(small: Database) -> None:
    query = Query(filter=filter_of({"all": [["pay", ">=", 1]]}))
    rows = small.page("Person", msgspec.structs.replace(query, size=100)).rows
    pays = [row.values["pay"] for row in rows]
    born = [row.values["born"] for row in rows if row.values["born"] is not None]
    names = [("pay", "count"), ("pay", "sum"), ("pay", "average"), ("pay", "min"), ("born", "max")]
    total = sum(pays)  # type: ignore[arg-type]  # decimals
    average = (Decimal(total) / len(pays)).quantize(Decimal("0.0001"))
    assert small.totals("Person", query, names) == [len(pays), total, average, min(pays), max(born)]  # type: ignore[arg-type, type-var]  # as above
    states = [row.values["state"] for row in rows]
    told = small.tally("Person", query, "state", ["New", None])
    assert told == {"New": states.count("New"), None: states.count(None)}


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Database]:
    database = Database(SPEC, f"sqlite:///{tmp_path}/app.db")
    database.create()
    states = ("New", "Open", "Done", None)
    database.load(
        "Person",
        ({"name": f"Person {n:05} Straße", "state": states[n % 4], "pay": Decimal(n)} for n in range(LARGE)),
    )
    yield database
    database.close()


def _tuned(database: Database) -> int:
    steps = 1
    while not database.tune("Person"):
        steps += 1
    return steps


@pytest.mark.e2e
def test_a_large_table_finds_the_same_when_it_was_made_quick(large: Database) -> None:
    asked = [
        Query(search=word, sort=sort)
        for word in (
            "00123",
            "person 0012",
            "STRASSE",
            "STRAßE",
            "straße 9",
            "12",
            "no such",
            "%%%",
            "7",
            "ẞ",
            "q",
        )
        for sort in ("name", "-pay", None)
    ]
    asked.append(Query(filter=filter_of({"all": [["name", "contains", "0199"]]})))
    before = [large.page("Person", query) for query in asked]
    assert not large.is_tuned("Person")
    assert _tuned(large) > 4
    assert large.is_tuned("Person")
    for query, was in zip(asked, before, strict=True):
        now = large.page("Person", query)
        assert (_ids(now), now.total, now.is_capped) == (_ids(was), was.total, was.is_capped)
    assert before[0].total == 1


@pytest.mark.e2e
def test_the_search_index_follows_every_change(large: Database) -> None:
    _tuned(large)

    def found(word: str) -> int:
        return large.page("Person", Query(search=word)).total

    id = large.insert("Person", {"name": "Quetzalcoatl"})
    assert [found(word) for word in ("zalco", "TZ", "tl", "q", "zq")] == [1, 1, 1, 1, 0]
    large.update("Person", id, {"name": "Huitzilopochtli"})
    assert [found(word) for word in ("zalco", "pocht", "q", "LI", "il")] == [0, 1, 0, 1, 1]
    large.delete("Person", id)
    assert [found(word) for word in ("pocht", "li")] == [0, 0]
    large.load("Person", ({"name": f"Xolotl {n}"} for n in range(3)))
    assert found("xolotl") == 3, "rows that were loaded are found before they are in the index"
    assert not large.is_tuned("Person")
    _tuned(large)
    assert found("xolotl") == 3


@pytest.mark.e2e
def test_no_more_is_counted_than_people_read(large: Database) -> None:
    assert (large.page("Person", Query()).is_capped, large.counts()["Person"] >= LARGE) == (False, True)
    page = large.page("Person", Query(search="person", sort="-pay", size=10))
    assert (page.total, page.is_capped, page.has_more) == (COUNT_LIMIT, True, True)
    ids = _ids(page)
    for _ in range(3):
        page = large.page("Person", Query(search="person", sort="-pay", size=10, after=page.last))
        ids += _ids(page)
    assert ids == list(range(LARGE, LARGE - 40, -1))
    last = large.page("Person", Query(search="person", sort="-pay", size=10, before=END))
    assert _ids(last) == list(range(10, 0, -1))
