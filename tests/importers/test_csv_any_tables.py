"""Whatever two tables hold: the spec has no fault, and the database takes every row of both."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.check import problems
from dataforms.database import Database
from protoddfd.importers import Proposal, Source, load, propose

ROWS = 12
CELLS = st.sampled_from(
    ["a", "A", "1", "+1", "-0", "01", "1,5", "1.5", "$5", "NA", "-", "yes", "no", "2020-01-31", "a@b.de",
     "a@B.de", "10:30", "1e5", " ", "é", "", "id", "#ffffff", "x y", "9" * 16, "9" * 19,
     "+49 30 12345", "(5)"]
)  # fmt: skip
NUMBERS = [str(number) for number in range(1, ROWS + 2)]
HEADERS = st.sampled_from(
    ["id", "code", "name", "thing_id", "is_open", "date", "phone", "price_usd", "", "b_id", "no"]
)
COLUMN = st.one_of(
    st.lists(CELLS, min_size=ROWS, max_size=ROWS),
    st.lists(CELLS, min_size=ROWS, max_size=ROWS, unique=True),
    st.just(NUMBERS[:ROWS]),
    st.lists(st.sampled_from(NUMBERS), min_size=ROWS, max_size=ROWS),
)
TABLE = st.lists(st.tuples(HEADERS, COLUMN), min_size=1, max_size=4)


@pytest.fixture
def numbers() -> Iterator[int]:
    return itertools.count()


@given(st.lists(TABLE, min_size=1, max_size=2))
def test_every_row_of_any_tables_arrives(
    tmp_path: Path, numbers: Iterator[int], tables: list[list[tuple[str, list[str]]]]
) -> None:
    folder = tmp_path / str(next(numbers))
    folder.mkdir()
    sources = [
        _written(folder / f"{name}.csv", table) for name, table in zip(("things", "bs"), tables, strict=False)
    ]
    made = propose(sources, name="demo", title="Demo")
    assert problems(made.spec) == ()
    _check_load(made, folder)


def _written(path: Path, table: list[tuple[str, list[str]]]) -> Source:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([header for header, _ in table])
        writer.writerows(zip(*(cells for _, cells in table), strict=True))
    return Source(name=path.name, path=str(path))


def _check_load(made: Proposal, folder: Path) -> None:
    database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
    try:
        database.create()
        report = load(made, database, lambda *_: None)
        assert report.rows == sum(table.rows for table in made.tables) == sum(database.counts().values())
        reasons = [misfit.reason for entity in report.entities for misfit in entity.examples]
        assert all(reason.startswith("no ") for reason in reasons)
    finally:
        database.close()
