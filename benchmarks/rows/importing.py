"""A large CSV file becomes an app: rows a second, and the memory of the worker that reads it."""

import csv
import sqlite3
import time
from pathlib import Path

from benchmarks.bench import Bench, say
from benchmarks.daemon import Daemon
from benchmarks.figures import Baseline, Figure
from benchmarks.processes import peak_mib

BLOCK = 2000
HEADER = "Number,Name,E-mail,City,Ordered on,Amount,Paid,Quantity,Remark\n"
CITIES = ("Bonn", "Łódź", "Ulm", "São Paulo", "Oslo", "Paris", "Graz")
REMARKS = ('"Call first, then deliver"', "", "fragile", '"She said ""soon"""', "gift")


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of an app made from a generated file, which is read and never held whole."""
    size = bench.often(200, 20) * 1_000_000
    path = bench.scratch / "orders.csv"
    rows = _write(path, size)
    say(f"import: {size // 1_000_000} MB, {rows:,} rows")
    with Daemon(bench.cache) as daemon:
        idle = max(peak_mib(pid) for pid in daemon.workers)
        begun = time.perf_counter()
        daemon.call("app.create", name="orders", sources=[{"path": str(path)}], start=False)
        took = time.perf_counter() - begun
        peak = max(peak_mib(pid) for pid in daemon.workers)
        loaded = _count(daemon.home / "generated" / "orders" / "data" / "app.db")
    if loaded != rows:
        raise RuntimeError(f"{loaded} of {rows} rows were loaded")
    floor = _floor(bench, path, rows)
    what = f"CSV of {size // 1_000_000} MB to a typed app"
    return [
        Figure(
            row="import", what=what, unit="rows/s", value=rows / took, samples=rows, more_is_better=True,
            baselines=(Baseline("csv and sqlite3, untyped", floor),),
        ),
        Figure(row="import", what=f"{what}, whole", unit="s", value=took),
        Figure(row="import", what=f"{what}, the worker's peak RSS", unit="MiB", value=peak),
        Figure(row="import", what="the worker's RSS before", unit="MiB", value=idle),
    ]  # fmt: skip


def _write(path: Path, size: int) -> int:
    """Write a file of about `size` bytes; return its rows."""
    rows = written = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        while written < size:
            block = "".join(_row(number) for number in range(rows, rows + BLOCK))
            written += len(block.encode())
            rows += BLOCK
            file.write(block)
    return rows


def _row(number: int) -> str:
    day = f"{2015 + number % 10}-{1 + number % 12:02}-{1 + number % 28:02}"
    return (
        f"A{number:07},Customer {number * 7919 % 100_003},c{number}@example.com,{CITIES[number % 7]},{day},"
        f"{number * 37 % 100_000 / 100:.2f},{'yes' if number % 3 else 'no'},{number % 50},"
        f"{REMARKS[number % 5]}\n"
    )


def _count(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        counts = [connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables]
        return int(max(counts))
    finally:
        connection.close()


def _floor(bench: Bench, path: Path, rows: int) -> float:
    """Return the rows a second of the least work: every cell a text, nothing inferred, nothing checked."""
    say("baseline: csv and sqlite3")
    begun = time.perf_counter()
    connection = sqlite3.connect(bench.scratch / "floor.db")
    try:
        connection.execute("CREATE TABLE rows (a, b, c, d, e, f, g, h, i)")
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", reader)
        connection.commit()
    finally:
        connection.close()
    return rows / (time.perf_counter() - begun)
