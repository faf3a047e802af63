"""A file is imported into a table that is there: rows a second, added and changed, and its peak memory."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.bench import Bench, say
from benchmarks.figures import Figure
from dataforms.access import EVERYTHING
from dataforms.database import Database
from dataforms.importing.messages import Finished, Message, Request
from dataforms.importing.plan import Column, Plan
from dataforms.spec import AppSpec, Entity, Field, Rule, encode

FIELDS = (
    Field(name="code", title="Code", type="text", required=True, unique=True),
    Field(name="name", title="Name", type="text", required=True, max=80),
    Field(name="price", title="Price", type="money", currency="EUR", min=0),
    Field(name="bought", title="Bought on", type="date"),
    Field(name="state", title="State", type="enum", choices=("New", "Used"), default="New"),
    Field(name="pieces", title="Pieces", type="integer"),
    Field(name="remark", title="Remark", type="text"),
)
CONDITIONS = {"remark": "state == 'Used'", "pieces": "price > 0"}
LIVELY = (
    *(msgspec.structs.replace(each, visible_when=CONDITIONS.get(each.name)) for each in FIELDS),
    Field(name="worth", title="Worth", type="computed", expression="price * pieces"),
)
CHECK = Rule(kind="check", expression="price < 10000", fields=("price",), message="Too dear.")
SPECS = {
    "plain": AppSpec(name="shop", title="Shop", entities=(Entity(name="Item", title="Item", fields=FIELDS),)),
    "with conditions": AppSpec(
        name="shop",
        title="Shop",
        entities=(Entity(name="Item", title="Item", fields=LIVELY, rules=(CHECK,)),),
    ),
}


def measure(bench: Bench) -> list[Figure]:
    """Return the rows a second and the peak memory, for both entities, of adding and of changing."""
    rows = bench.often(100_000, 10_000)
    figures: list[Figure] = []
    for kind, spec in SPECS.items():
        folder = bench.scratch / f"import-{kind.split()[0]}"
        folder.mkdir()
        (folder / "appspec.json").write_bytes(encode(spec))
        url = f"sqlite:///{folder}/app.db"
        database = Database(spec, url)
        database.create()
        database.close()
        for more, done in enumerate(("added", "changed")):
            say(f"import_into: {rows:,} rows {done}, {kind}")
            path = folder / f"{done}.csv"
            _write(path, rows, more)
            took, peak = _carry_out(folder, path, url, rows)
            what = f"{rows:,} rows {done}, {kind}"
            figures += [
                Figure(row="import_into", what=what, unit="rows/s", value=rows / took, more_is_better=True),
                Figure(row="import_into", what=f"{what}: peak RSS", unit="MiB", value=peak),
            ]
    return figures


def _write(path: Path, rows: int, more: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([field.name for field in FIELDS])
        for n in range(rows):
            day = f"2024-{1 + n % 12:02}-{1 + n % 28:02}"
            price = f"{n * 37 % 900_000 / 100 + more:.2f}"
            out.writerow(
                [f"C{n:07}", f"Item {n}", price, day, ("New", "Used")[n % 2], n % 50, f"Lot {n % 99}"]
            )


def _carry_out(folder: Path, path: Path, url: str, rows: int) -> tuple[float, float]:
    """Return the seconds and the peak MiB of the program that an app starts for an import."""
    plan = Plan(
        entity="Item", columns=tuple(Column(header=each.name, field=each.name) for each in FIELDS), key="code"
    )
    request = Request(
        do="carry_out", path=str(path), name=path.name, entity="Item", url=url, access=EVERYTHING, plan=plan
    )
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "dataforms.importing.job"],
        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as job:  # fmt: skip
        assert job.stdin is not None and job.stdout is not None  # noqa: PT018 - both are pipes
        job.stdin.write(msgspec.json.encode(request))
        job.stdin.close()
        last = job.stdout.read().splitlines()[-1]
        _, status, used = os.wait4(job.pid, 0)
        job.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - begun
    told = msgspec.json.decode(last, type=Message)
    if not isinstance(told, Finished) or told.report.inserted + told.report.updated != rows:
        raise RuntimeError(f"not all of {rows:,} rows were imported: {told}")
    return took, used.ru_maxrss / 1024
