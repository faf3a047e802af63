"""Long tables: types are found in some of their values, and no value is lost where that was too few."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from importing import types

from protoddfd.importers import Source, propose, typed_rows
from protoddfd.importers.columns import SHARE, SURE_ROWS
from protoddfd.worker import making, messages
from protoddfd.worker import propose as proposing

ROWS = SURE_ROWS + 12_000
PLACE = SURE_ROWS + 4_000 + SHARE + 5
"""A row that is not among those tested: in its chunk of 4,000 others are."""
ODD = "50 or so"
ROOT = Path(__file__).resolve().parents[2]


def written(path: Path, first: str) -> Path:
    """Return a table with an odd value deep inside, and a gap and a key twice in its last row."""
    with path.open("w") as file:
        file.write("id,size,code,gap\n")
        for number in range(ROWS):
            size = ODD if number == PLACE else str(number % 97) if number else first
            code = 7 if number == ROWS - 1 else number
            file.write(f"{number + 1},{size},C{code},{'' if number == ROWS - 1 else 'x' + str(number)}\n")
    return path


@pytest.fixture(scope="module")
def long_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("long") / "things.csv", "1")


def test_some_values_say_the_type_and_all_say_keys_and_gaps(long_table: Path) -> None:
    made = propose([Source(name="things.csv", path=str(long_table))], name="a", title="A")
    assert types(made, "Thing") == {"size": "integer", "code": "text", "gap": "text"}
    assert (made.tables[0].rows, made.tables[0].is_sampled) == (ROWS, True)
    assert [(each.unique, each.required) for each in made.spec.entities[0].fields] == [
        (False, True),
        (False, True),
        (False, False),
    ]
    assert any(f"{ROWS:,} rows, from all over it" in note for note in made.notes)
    job = messages.Propose(
        name="a", title="A", sources=(messages.SourceFile(name="x.csv", path=str(long_table)),)
    )
    told = proposing.propose_spec(job, lambda progress: None)
    assert (told.sampled, told.confidence) == (("X",), made.confidence)
    assert made.confidence == 0.95


@pytest.mark.long
def test_all_values_say_the_type_when_it_is_asked_for(long_table: Path) -> None:
    made = propose([Source(name="things.csv", path=str(long_table))], name="a", title="A", thorough=True)
    assert (types(made, "Thing")["size"], made.tables[0].is_sampled) == ("text", False)
    assert made.confidence == 1
    row = next(row for number, row in enumerate(typed_rows.rows(made.tables[0])) if number == PLACE)
    assert row["size"] == ODD


@pytest.mark.long
@pytest.mark.parametrize("first", ["1", pytest.param("", marks=pytest.mark.long)])
def test_an_app_of_a_long_table_has_its_odd_value(first: str, tmp_path: Path) -> None:
    long_table = written(tmp_path / "things.csv", first)
    job = messages.Make(
        name="things", title=None, template="data_app", templates=str(ROOT / "templates"),
        generated=str(tmp_path / "generated"), cache=str(tmp_path / "cache"),
        sources=(messages.SourceFile(name="things.csv", path=str(long_table)),),
    )  # fmt: skip
    (tmp_path / "generated").mkdir()
    told: list[str] = []
    made = making.make(job, lambda progress: told.append(progress.text))
    assert made.rows == {"Thing": ROWS}
    assert any("all are" in text for text in told)
    with closing(sqlite3.connect(tmp_path / "generated/things/data/app.db")) as database:
        (table,) = database.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%size%' LIMIT 1"
        ).fetchone()
        assert database.execute(f'SELECT size FROM "{table}" WHERE id = ?', (PLACE + 1,)).fetchone() == (ODD,)
        assert database.execute(f'SELECT count(size) FROM "{table}"').fetchone() == (ROWS - (not first),)
