"""The table page's questions to 10^4, 10^5 and 10^6 records: pages, orders, filters, searches, totals."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.bench import Bench, say
from benchmarks.figures import Figure, p50
from benchmarks.goals import goal
from benchmarks.machine import pace_ms
from dataforms.cursor import END
from dataforms.database import Database, Query
from dataforms.filters import Filter, filter_of
from dataforms.spec import AppSpec, Entity, Field
from dataforms.typerow import TotalName, Value

STATES = ("New", "Open", "Waiting", "Done", "Cancelled")
WORDS = ("lamp", "chair", "table", "shelf", "cable", "paint", "screw", "glass", "board", "tiles", "ladder")
NAMES = ("Ada", "Bo", "Cy", "Dee", "Eve", "Flo", "Gus", "Hal", "Ida", "Jo", "Kim", "Lou", "Mia")
PLACES = ("Bonn", "Łódź", "Ulm", "São Paulo", "Oslo", "Paris", "Graz")
DAYS = 3_650
TAGS = 20
TOTALS: tuple[tuple[str, TotalName], ...] = (
    ("amount", "sum"),
    ("amount", "average"),
    ("pieces", "max"),
    ("remark", "count"),
)
Ask = Callable[[Database, int], object]
"""Asks once; the number tells the samples apart."""

SPEC = AppSpec(
    name="orders",
    title="Orders",
    entities=(
        Entity(
            name="Customer",
            title="Customer",
            fields=(Field(name="name", title="Name", type="text", required=True),),
        ),
        Entity(name="Tag", title="Tag", fields=(Field(name="name", title="Name", type="text"),)),
        Entity(
            name="Order",
            title="Order",
            fields=(
                Field(name="number", title="Number", type="auto_number"),
                Field(name="subject", title="Subject", type="text", required=True),
                Field(name="customer", title="Customer", type="reference", target="Customer"),
                Field(name="state", title="State", type="enum", choices=STATES),
                Field(name="amount", title="Amount", type="money", currency="EUR"),
                Field(name="ordered", title="Ordered on", type="date"),
                Field(name="pieces", title="Pieces", type="integer"),
                Field(name="paid", title="Paid", type="boolean"),
                Field(name="remark", title="Remark", type="long_text"),
                Field(name="tags", title="Tags", type="references", target="Tag"),
            ),
        ),
    ),
)


def measure(bench: Bench) -> list[Figure]:
    """Return the medians, by kind of question, for each size of the table."""
    figures: list[Figure] = []
    for rows in (10_000, 100_000) if bench.quick else (10_000, 100_000, 1_000_000):
        figures += _of_size(bench, rows)
    return figures


def _of_size(bench: Bench, rows: int) -> list[Figure]:
    say(f"table: {rows:,} rows, at a pace of {pace_ms():.1f} ms")
    database = Database(SPEC, f"sqlite:///{_file(bench, rows)}")
    database.create()
    begun = time.perf_counter()
    database.load("Customer", _customers(rows))
    database.load("Tag", ({"name": f"Tag {n}"} for n in range(TAGS)))
    database.load("Order", _orders(rows))
    loaded = time.perf_counter() - begun
    while not database.tune("Order"):
        pass
    tuned = time.perf_counter() - begun - loaded
    try:
        asked = [*_asked(database, rows).items()]
        figures = [_figure(bench, database, rows, what, ask) for what, ask in asked]
    finally:
        database.close()
    say(f"table: {rows:,} rows are done, at a pace of {pace_ms():.1f} ms")
    return [
        Figure(
            row="table", what=f"{rows:,} rows: bulk load", unit="rows/s", value=rows / loaded,
            more_is_better=True,
        ),
        Figure(row="table", what=f"{rows:,} rows: indexes, afterwards", unit="s", value=tuned),
        *figures,
    ]  # fmt: skip


def _file(bench: Bench, rows: int) -> Path:
    return bench.scratch / f"table-{rows}.db"


def _figure(bench: Bench, database: Database, rows: int, what: str, ask: Ask) -> Figure:
    samples = bench.often(9, 5)
    times = []
    for number in range(samples):
        begun = time.perf_counter()
        ask(database, number)
        times.append((time.perf_counter() - begun) * 1e3)
    return Figure(
        row="table",
        what=f"{rows:,} rows: {what}, p50",
        unit="ms",
        value=p50(times),
        samples=samples,
        goal=None
        if what.startswith("totals")
        else goal("table.p50"),  # they read every record, once a filter
    )


def _asked(database: Database, rows: int) -> Mapping[str, Ask]:
    """Return the questions by what they are called."""
    orders = ("subject", "-amount", "state", "customer", "-ordered")
    places = {order: _inside(database, order, rows) for order in (None, *orders)}
    made: dict[str, Ask] = {"first page": _page(lambda n: Query())}
    for order in orders:
        made[f"first page by {order}"] = _fixed(Query(sort=order))
    made["next page, deep inside"] = _fixed(Query(after=places[None]))
    for order in orders:
        made[f"next page by {order}, deep inside"] = _fixed(Query(sort=order, after=places[order]))
    made["last page by customer"] = _fixed(Query(sort="customer", before=END))
    for what, condition in _filters(rows).items():
        made[f"filter {what}"] = _filtered(condition)
    made["filter state and amount, by -ordered"] = _page(
        lambda n: Query(
            filter=_all(["state", "any_of", ["Open"]], ["amount", ">", 4000 + n]), sort="-ordered"
        )
    )
    searches: dict[str, Callable[[int], str]] = {
        "a common word": lambda n: WORDS[n],
        "a rare word": lambda n: f"{rows // 2 + n:07}",
        "two words": lambda n: f"{WORDS[n]} {rows // 3 + n:07}",
        "two common letters": lambda n: WORDS[n][:2],
        "two rare letters": lambda n: "qx",
        "a customer": lambda n: f"Customer-{1 + n}-",
        "nothing there": lambda n: "zzzz",
    }
    for what, text in searches.items():
        made[f"search {what}"] = _searched(text)
    made["search a common word, by -amount"] = _page(lambda n: Query(search=WORDS[n], sort="-amount"))
    made["totals of all"] = _totals(lambda n: Query())
    made["totals of a filter"] = _totals(lambda n: Query(filter=_all(["state", "any_of", [STATES[n % 5]]])))
    return made


def _filters(rows: int) -> Mapping[str, Callable[[int], list[object]]]:
    """Return a condition for each kind of field, by what it is called."""
    return {
        "text contains": lambda n: ["subject", "contains", f"{rows // 2 + n:07}"],
        "text is": lambda n: ["subject", "is", _subject(rows // 2 + n)],
        "choice": lambda n: ["state", "any_of", [STATES[n % 5]]],
        "money between": lambda n: ["amount", "between", [100 + n, 101 + n]],
        "days": lambda n: ["ordered", "last_days", 30 + n],
        "number": lambda n: ["pieces", ">", 40 + n % 9],
        "yes": lambda n: ["paid", "yes"],
        "empty": lambda n: ["remark", "empty"],
        "a reference": lambda n: ["customer", "any_of", [1 + n]],
        "references, any of": lambda n: ["tags", "has_any", [1 + n]],
        "references, all of": lambda n: ["tags", "has_all", [1 + n, 2 + n]],
        "references, none of": lambda n: ["tags", "has_none", [1 + n]],
    }


def _all(*conditions: list[object]) -> Filter:
    return filter_of({"all": list(conditions)})


def _page(query: Callable[[int], Query]) -> Ask:
    return lambda database, number: database.page("Order", query(number))


def _fixed(query: Query) -> Ask:
    return _page(lambda _: query)


def _filtered(condition: Callable[[int], list[object]]) -> Ask:
    return _page(lambda number: Query(filter=_all(condition(number))))


def _searched(text: Callable[[int], str]) -> Ask:
    return _page(lambda number: Query(search=text(number)))


def _totals(query: Callable[[int], Query]) -> Ask:
    return lambda database, number: database.totals("Order", query(number), TOTALS)


def _inside(database: Database, order: str | None, rows: int) -> str:
    """Return the cursor of a record in the midst of an order."""
    return database.page("Order", Query(sort=order, page=rows // 50)).last


def _customers(rows: int) -> Iterator[dict[str, Value]]:
    for n in range(1, rows // 100 + 1):
        yield {"name": f"{NAMES[n % len(NAMES)]} Customer-{n}- {PLACES[n % len(PLACES)]}"}


def _orders(rows: int) -> Iterator[dict[str, Value]]:
    last = date.today()  # noqa: DTZ011 - filters of days count from it
    for n in range(1, rows + 1):
        yield {
            "subject": _subject(n),
            "customer": 1 + n * 7919 % (rows // 100) if n % 50 else None,
            "state": STATES[n % 5],
            "amount": Decimal(n * 104_729 % 1_000_000) / 100,
            "ordered": last - timedelta(days=n * 31 % DAYS),
            "pieces": n % 50,
            "paid": n % 3 == 0,
            "remark": f"Deliver to {PLACES[n % 7]}; call {NAMES[n % 13]} first." if n % 4 else None,
            "tags": (1 + n % TAGS, 1 + (n + 1) % TAGS) if n % 3 == 0 else None,
        }


def _subject(n: int) -> str:
    return f"{WORDS[n % 11].title()} and {WORDS[n * 7 % 11]}, batch {n:07}"
