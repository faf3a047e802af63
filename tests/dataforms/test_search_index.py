"""The search index of SQLite: parts of three letters, and words that are shorter."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms import search
from dataforms.database import Database
from dataforms.engine import Connections
from dataforms.filtering import holds
from dataforms.spec import AppSpec, Entity, Field

FIELDS = (Field(name="name", title="Name", type="text"), Field(name="note", title="Note", type="long_text"))
ORDER = Entity(name="Order", title="Order", fields=FIELDS)
ORDER_DATA = Entity(name="Order_data", title="Order data", fields=FIELDS)
SPEC = AppSpec(name="shop", title="Shop", entities=(ORDER, ORDER_DATA))
TEXTS = (
    "Fuchs",
    "xylophon",
    "Größe",
    "GRÖSSE",
    "ЁЛКА",
    "ёлка",
    "東京都",
    "ﬁn",
    "İzmir",
    "Σίσυφος",
    "a%b",
    "x\"y'z",
    "",
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    url = f"sqlite:///{tmp_path}/app.db"
    database = Database(SPEC, url)
    database.create()
    for number, text in enumerate(TEXTS):
        for entity in ("Order", "Order_data"):
            database.insert(entity, {"name": f"{number} {text}", "note": text[::-1]})
    database.close()
    connections = Connections(url)
    with connections.writing() as lent:
        yield lent
    connections.close()


def built(connection: Connection, entity: Entity, name: str) -> sa.Table:
    while not search.build(connection, entity, name, rows=5):
        pass
    return sa.Table(name, sa.MetaData(), autoload_with=connection)


def test_every_row_that_holds_a_word_is_among_those_that_the_index_names(connection: Connection) -> None:
    table = built(connection, ORDER, "order")
    index = search.SearchIndex(connection)
    lines = [line for number, text in enumerate(TEXTS) for line in (f"{number} {text}", text[::-1])]
    words = {
        line[place : place + size] for line in lines for size in (1, 2, 3, 4) for place in range(len(line))
    }
    told = 0
    for word in {cased for each in words if each.strip() for cased in (each, each.lower(), each.upper())}:
        names = index.rows(table, word)
        assert names is not None, word
        found = set(connection.execute(names).scalars())
        held = sa.select(table.c.id).where(
            sa.or_(*(holds(table.c[each.name], word, True) for each in FIELDS))
        )
        assert set(connection.execute(held).scalars()) <= found, word
        told += len(found) < len(TEXTS)
    assert told > len(words) / 2, "the index says of most words that some rows do not hold them"


def test_tables_of_similar_names_have_an_index_each(connection: Connection) -> None:
    tables = [built(connection, ORDER, "order"), built(connection, ORDER_DATA, "order_data")]
    assert search.indexed_tables(connection) == {"order", "order_data"}
    for table in tables:
        rows = search.SearchIndex(connection).rows(table, "xy")
        assert rows is not None
        assert len(set(connection.execute(rows).scalars())) == 1
    search.drop(connection, "order")
    assert search.indexed_tables(connection) == {"order_data"}


def test_sqlite_folds_no_letter_to_one_that_is_not_asked_for() -> None:
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE parts USING fts5(text, detail='none', tokenize='trigram')")
    index.execute("CREATE VIRTUAL TABLE terms USING fts5vocab('parts', 'instance')")
    codes = [code for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000]
    index.executemany(
        "INSERT INTO parts(rowid, text) VALUES (?, ?)", ((code, f"{chr(code)}~~") for code in codes)
    )
    kept = dict(index.execute("SELECT doc, substr(term, 1, 1) FROM terms").fetchall())
    index.close()
    assert len(kept) == len(codes)
    assert [code for code, letter in kept.items() if letter not in search.folded(chr(code))] == []
