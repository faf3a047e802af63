"""A shop's database that is another program's, in SQLite and in PostgreSQL, with what such ones are like."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from protoddfd.importers import Source
from protoddfd.importers.over.making import Over
from protoddfd.importers.over.proposing import propose_over

INVOICES = 60
_TABLES = """
CREATE TABLE "Artist" ("ArtistId" INTEGER PRIMARY KEY, "Name" VARCHAR(120));
CREATE TABLE "Album" (
  "AlbumId" INTEGER PRIMARY KEY, "Title" VARCHAR(160) NOT NULL,
  "ArtistId" INTEGER NOT NULL REFERENCES "Artist" ("ArtistId"));
CREATE TABLE "Genre" ("Code" VARCHAR(9) PRIMARY KEY, "Name" TEXT NOT NULL);
CREATE TABLE "Customer" (
  "CustomerId" INTEGER PRIMARY KEY, "Name" VARCHAR(40) NOT NULL, "Email" VARCHAR(60), "Active" BOOLEAN,
  "Joined" DATE);
CREATE TABLE "Invoice" (
  "InvoiceId" INTEGER PRIMARY KEY, "CustomerId" INTEGER NOT NULL REFERENCES "Customer" ("CustomerId"),
  "InvoiceDate" TIMESTAMP NOT NULL, "Total" NUMERIC(10,2) NOT NULL, "Odd name" TEXT);
CREATE INDEX "ByCustomer" ON "Invoice" ("CustomerId");
CREATE TABLE "Track" (
  "TrackId" INTEGER PRIMARY KEY, "Name" TEXT NOT NULL, "AlbumId" INTEGER REFERENCES "Album" ("AlbumId"),
  "Genre" VARCHAR(9) REFERENCES "Genre" ("Code"));
CREATE TABLE "Playlist" ("PlaylistId" INTEGER PRIMARY KEY, "Name" TEXT);
CREATE TABLE "PlaylistTrack" (
  "PlaylistId" INTEGER NOT NULL REFERENCES "Playlist" ("PlaylistId"),
  "TrackId" INTEGER NOT NULL REFERENCES "Track" ("TrackId"), PRIMARY KEY ("PlaylistId", "TrackId"));
CREATE VIEW "Large" AS SELECT * FROM "Invoice" WHERE "Total" > 10;
"""
_SQLITE = """
CREATE TABLE "Country" (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE "Visit" (
  country TEXT NOT NULL REFERENCES "Country", day TEXT NOT NULL, seen TIMESTAMP, zoned TEXT, weight,
  took TEXT, "50% :of ""it" TEXT, PRIMARY KEY (country, day));
INSERT INTO "Country" VALUES ('DE', 'Germany'), ('FR', 'France');
INSERT INTO "Visit" VALUES
  ('DE', '2024-02-03', 1700000000, '2024-02-03T10:20:30Z', 1.5, '01:30', 'odd'),
  ('FR', '2024-02-04', 1700000100, '2024-02-04T10:20:30+02:00', 2, NULL, NULL),
  ('DE', '2024-02-05', NULL, NULL, 'heavy', NULL, NULL);
"""
_POSTGRESQL = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE "Country" (code CHAR(2) PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE "Visit" (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(), country CHAR(2) NOT NULL REFERENCES "Country",
  day DATE NOT NULL, zoned TIMESTAMPTZ, weight DOUBLE PRECISION, took INTERVAL, mood mood, more JSONB,
  "50% :of ""it" TEXT);
CREATE TABLE keyless (a INTEGER, b TEXT);
INSERT INTO "Country" VALUES ('DE', 'Germany'), ('FR', 'France');
INSERT INTO "Visit" (country, day, zoned, weight, took, mood, more, "50% :of ""it") VALUES
  ('DE', '2024-02-03', '2024-02-03 10:20:30+00', 1.5, '90 minutes', 'ok', '{"a": 1}', 'odd'),
  ('FR', '2024-02-04', '2024-02-04 10:20:30+02', 2, NULL, 'sad', NULL, NULL);
INSERT INTO keyless VALUES (1, 'x');
"""


def _rows() -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """Yield the rows of each table that both databases have."""
    yield "Artist", [(each, f"Artist {each}") for each in range(1, 6)]
    yield "Album", [(each, f"Album {each}", 1 + each % 5) for each in range(1, 11)]
    yield "Genre", [("rock", "Rock"), ("jazz", "Jazz")]
    yield (
        "Customer",
        [
            (each, f"Customer {each}", f"c{each}@example.com", each % 2 == 1, f"2023-{1 + each % 12:02}-05")
            for each in range(1, 21)
        ],
    )
    yield (
        "Invoice",
        [
            (
                each,
                1 + each % 20,
                f"2024-{1 + each % 12:02}-{1 + each % 28:02} 10:00:00",
                each / 4,
                f"x{each}",
            )
            for each in range(1, INVOICES + 1)
        ],
    )
    yield (
        "Track",
        [(each, f"Track {each}", 1 + each % 10, ("rock", "jazz")[each % 2]) for each in range(1, 31)],
    )
    yield "Playlist", [(1, "Music"), (2, "Movies")]
    yield "PlaylistTrack", [(1 + each % 2, each) for each in range(1, 31)]


def make_sqlite(path: Path) -> None:
    """Make the file."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_TABLES + _SQLITE)
        for table, rows in _rows():
            database.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(rows[0]))})', rows)


def make_postgresql(url: str) -> None:
    """Make the tables in a schema."""
    with closing(psycopg.connect(url)) as connection:
        connection.execute((_TABLES + _POSTGRESQL).encode())
        with connection.cursor() as cursor:
            for table, rows in _rows():
                marks = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f'INSERT INTO "{table}" VALUES ({marks})'.encode(), rows)
        connection.commit()


def over(url: str) -> Over:
    """Return the spec of an app over a database."""
    path = url.removeprefix("sqlite:///")
    return propose_over(Source(name="music", path=path), name="music", title="Music")


def state_of(url: str) -> object:
    """Return what is another as soon as anything in a database, or a file beside it, is."""
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        return {
            path.name: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(folder.iterdir())
        }
    with closing(psycopg.connect(url)) as connection:
        named = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
        names = [str(row[0]) for row in named]
        tables = [name for name, _ in _rows()]
        rows = [
            connection.execute(f'SELECT * , xmin FROM "{each}" ORDER BY 1, 2'.encode()).fetchall()
            for each in tables
        ]
        return names, rows
