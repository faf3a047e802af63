"""Exports hold exactly what is shown, read back as it was, and are nothing that a spreadsheet would run."""

import asyncio
import csv
import io
import re
import tracemalloc
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openpyxl
import pytest
from anyio import CapacityLimiter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from postgres import postgres

from dataforms.database import Database, Query, Record
from dataforms.exporting import csv_cell, write_csv, write_json
from dataforms.exporting_xlsx import CELL_LENGTH, sheet_name, write_xlsx
from dataforms.files import Files
from dataforms.formulas import harmless, may_compute, original
from dataforms.routes import with_routes
from dataforms.spec import AppSpec, Entity, Field, FieldType
from dataforms.spooling import spooled
from dataforms.typerow import Attachment, Location, Value
from dataforms.types import TYPES

CHOICES = ("Open", "a, b", "=1+1", "[x]", "🙂")
HOSTILE = (
    *("=1+1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\ufeff=1", "＝1", "|cmd", "%x", "'", "'=1", "''@", "'x"),
    *("=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "a;=1", 'say "x"', "a,b", "two\nlines", "\nfirst"),
    *("_x0041_", "<b>&amp;</b>", "]]>", "#NAME?", "TRUE", "1e5", "007", "2024-01-01", "http://x.example/"),
    *("\u202eback", "zero\u200bwidth", "e\u0301", "𝔘", "שלום", "{{ 7*7 }}", "'; DROP TABLE x; --", "null"),
)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - they carry no zone
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    "text": st.sampled_from([each for each in HOSTILE if "\n" not in each and each == each.strip()]),
    "long_text": st.sampled_from(HOSTILE),
    "rich_text": st.sampled_from(HOSTILE),
    "integer": st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-9, 9),
    "decimal": st.decimals(-(10**9), 10**9, places=4),
    "money": st.decimals(-(10**13), 10**13, places=2),
    "percent": st.decimals(-100, 100, places=2),
    "boolean": st.booleans(),
    "date": st.dates(),
    "time": st.times(),
    "datetime": MOMENTS,
    "duration": st.integers(-(10**11), 10**11).map(lambda many: timedelta(milliseconds=many)),
    "email": st.just("=a@example.com"),
    "url": st.just("https://example.com/a?b=c"),
    "phone": st.just("+49 30 123456"),
    "color": st.just("#1e90ff"),
    "enum": st.sampled_from(CHOICES),
    "multi_enum": st.lists(st.sampled_from(CHOICES)),
    "rating": st.integers(1, 5),
    "json": st.sampled_from([{"a": [1, None]}, -5, 1.5, True, ["=1"]]),
    "location": st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    "auto_number": st.integers(1, 10**6),
    "file": st.just(Attachment(name="=a.txt", size=3, type="text/plain", digest="0" * 64)),
    "image": st.just(Attachment(name="a.png", size=3, type="image/png", digest="1" * 64)),
}
"""Raw values of every type that is stored but the reference, which has a label."""


def field(type: FieldType) -> Field:
    choices = CHOICES if type in ("enum", "multi_enum") else ()
    return Field(name="f", title="F", type=type, choices=choices)


def record(value: Value, **labels: str) -> Record:
    return Record(id=1, values={"f": value}, labels=labels)


def as_csv(fields: Sequence[Field], *batches: Sequence[Record]) -> list[list[str]]:
    file = io.BytesIO()
    write_csv(file, fields, batches)
    return list(csv.reader(io.StringIO(file.getvalue().decode(), newline=""), strict=True))


def as_xlsx(fields: Sequence[Field], *batches: Sequence[Record], **options: Any) -> openpyxl.Workbook:
    file = io.BytesIO()
    write_xlsx(file, "Things", fields, batches, **options)
    file.seek(0)
    return openpyxl.load_workbook(file)


def as_json(fields: Sequence[Field], *batches: Sequence[Record]) -> Any:
    file = io.BytesIO()
    write_json(file, fields, batches)
    return msgspec.json.decode(file.getvalue())


def test_every_type_that_is_stored_is_tried() -> None:
    assert set(VALUES) | {"reference"} == {name for name, row in TYPES.items() if row.storage is not None}


@given(st.data())
@pytest.mark.parametrize("type", sorted(VALUES))
def test_csv_reads_back_as_the_same_values(type: FieldType, data: st.DataObject) -> None:
    it = field(type)
    values = data.draw(st.lists(VALUES[type].map(lambda raw: TYPES[type].parse(raw, it)), max_size=5))
    header, *rows = as_csv([it], [record(value) for value in values])
    assert header == ["F"]
    assert [TYPES[type].parse(original(row[0]), it) for row in rows] == values


@given(st.data())
@pytest.mark.parametrize("type", sorted(VALUES))
def test_json_reads_back_as_the_same_values(type: FieldType, data: st.DataObject) -> None:
    it = field(type)
    values = data.draw(st.lists(VALUES[type].map(lambda raw: TYPES[type].parse(raw, it)), max_size=5))
    rows = as_json([it], [record(value) for value in values])
    assert [TYPES[type].parse(row["f"], it) for row in rows] == values


@settings(max_examples=3)  # a workbook takes time, and has many values
@given(st.data())
def test_excel_reads_back_as_the_same_values(data: st.DataObject) -> None:
    kinds = sorted(VALUES)
    fields = [msgspec.structs.replace(field(type), name=type) for type in kinds]
    columns = [
        [_parsed(raw, it) for raw in data.draw(st.lists(VALUES[it.type], min_size=20, max_size=20))]
        for it in fields
    ]
    records = [
        Record(id=n, values=dict(zip(kinds, row, strict=True)), labels={})
        for n, row in enumerate(zip(*columns, strict=True))
    ]
    sheet = as_xlsx(fields, records).worksheets[0]
    for it, cells, values in zip(fields, sheet.iter_cols(min_row=2, max_row=21), columns, strict=True):
        assert [_parsed(_read(cell.value, it), it) for cell in cells] == values


def _parsed(raw: object, it: Field) -> Value:
    value: Value = TYPES[it.type].parse(raw, it)
    return value


def _read(cell: object, it: Field) -> object:
    """Return a cell as openpyxl has it, save for what it takes a length of time or a time of day for."""
    if isinstance(cell, time) and it.type == "duration":
        return timedelta(
            hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond
        )
    if isinstance(cell, datetime) and it.type == "duration":
        return cell - datetime(1899, 12, 30)  # noqa: DTZ001 - the first day of a workbook's calendar
    if isinstance(cell, str):  # as ECMA-376 says of ST_Xstring; openpyxl does it in shared strings only
        return re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), cell)
    return cell


@pytest.mark.parametrize(
    ("type", "raw", "cell", "shape"),
    [
        ("integer", 12, 12, "0"),
        ("integer", 2**60, str(2**60), "General"),
        ("decimal", "0.1", 0.1, "General"),
        ("percent", "12.5", 12.5, 'General"%"'),
        ("money", "-1234.5", -1234.5, "#,##0.00"),
        ("money", "123456789012345.25", "123456789012345.25", "General"),
        ("boolean", True, True, "General"),
        ("date", "2024-02-29", datetime(2024, 2, 29), "yyyy-mm-dd"),  # noqa: DTZ001
        ("date", "1900-02-28", "1900-02-28", "General"),
        ("datetime", "2024-02-29T12:30", datetime(2024, 2, 29, 12, 30), "yyyy-mm-dd hh:mm:ss"),  # noqa: DTZ001
        ("datetime", "2024-02-29T12:30:00.000001", "2024-02-29 12:30:00.000001", "General"),
        ("time", "12:30", time(12, 30), "hh:mm:ss"),
        ("duration", "36:00:00", timedelta(hours=36), "[h]:mm:ss"),
        ("duration", "-1:00:00", "-1:00:00", "General"),
        ("text", "=1+1", "=1+1", "General"),
        ("text", "007", "007", "General"),
    ],
)
def test_excel_has_numbers_dates_and_texts_as_such(
    type: FieldType, raw: object, cell: object, shape: str
) -> None:
    it = field(type)
    sheet = as_xlsx([it], [record(TYPES[type].parse(raw, it))]).worksheets[0]
    assert sheet["A2"].value == cell
    assert sheet["A2"].number_format == shape
    if isinstance(cell, str):
        assert sheet["A2"].data_type == "s"
        assert sheet["A2"].quotePrefix is may_compute(cell)


@pytest.mark.parametrize(
    ("rules", "shape"),
    [
        ({"type": "money", "currency": "EUR"}, '"€"#,##0.00'),
        ({"type": "money", "currency": "JPY"}, '"¥"#,##0'),
        ({"type": "money", "currency": "CHF"}, '#,##0.00" CHF"'),
        ({"type": "decimal", "places": 1, "unit": 'k"g'}, '0.0" kg"'),
        ({"type": "percent", "places": 0}, '0"%"'),
        ({"type": "integer", "unit": "pcs"}, '0" pcs"'),
    ],
)
def test_excel_shows_places_units_and_currencies(rules: dict[str, Any], shape: str) -> None:
    it = Field(name="f", title="F", **rules)
    assert as_xlsx([it], [record(Decimal(3))]).worksheets[0]["A2"].number_format == shape


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_is_a_text_with_an_apostrophe(text: str) -> None:
    assert original(harmless(text)) == text
    assert not harmless(text).lstrip(" \ufeff")[:1].startswith(tuple("=+-@\t\r|%＝"))


@given(st.text(st.sampled_from("'=+-@ \t\rax\n\ufeff"), max_size=6))
@example("''=1")
def test_any_text_is_had_back(text: str) -> None:
    assert original(harmless(text)) == text


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("integer", -5),
        ("money", Decimal("-1.50")),
        ("duration", timedelta(hours=-1)),
        ("location", Location(-33.9, 151.2)),
        ("json", -5),
    ],
)
def test_what_is_made_of_digits_stays_as_it_is(type: FieldType, value: Value) -> None:
    assert csv_cell(record(value), field(type)).startswith("-")


def test_titles_and_labels_of_references_are_harmless_too() -> None:
    it = Field(name="f", title="=1", type="reference", target="Thing")
    found = record(3, f="=2")
    assert as_csv([it], [found]) == [["'=1"], ["'=2"]]
    sheet = as_xlsx([it], [found]).worksheets[0]
    assert [sheet["A1"].value, sheet["A2"].value, sheet["A2"].data_type] == ["=1", "=2", "s"]
    assert as_json([it], [found]) == [{"id": 1, "f": 3, "_labels": {"f": "=2"}}]


def test_choices_are_plain_unless_that_could_be_misread() -> None:
    it = field("multi_enum")
    assert csv_cell(record(("Open", "🙂")), it) == "Open, 🙂"
    assert csv_cell(record(("Open", "a, b")), it) == '["Open","a, b"]'


def test_csv_is_what_rfc_4180_says() -> None:
    file = io.BytesIO()
    fields = [Field(name="f", title="A, b", type="text"), Field(name="g", title="G", type="text")]
    write_csv(file, fields, [[Record(id=1, values={"f": 'x "y"', "g": "two\nlines"}, labels={})]])
    assert file.getvalue() == b'"A, b",G\r\n"x ""y""","two\nlines"\r\n'


def test_nothing_to_export_is_an_empty_file_of_its_kind() -> None:
    assert as_json([field("text")]) == []
    assert as_csv([field("text")]) == [["F"]]
    assert as_xlsx([field("text")]).worksheets[0]["A1"].value == "F"


def test_a_workbook_is_ready_to_be_read() -> None:
    wide = Field(name="f", title="F", type="text")
    sheet = as_xlsx([wide], [record("x" * 40)]).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width > 40
    assert sheet.title == "Things"


def test_a_full_sheet_is_followed_by_another() -> None:
    book = as_xlsx([field("integer")], [record(1), record(2)], [record(3)], rows=3)
    assert book.sheetnames == ["Things", "Things (2)"]
    assert [[cell.value for cell in sheet["A"]] for sheet in book.worksheets] == [["F", 1, 2], ["F", 3]]


@pytest.mark.parametrize("letter", ["x", "𝔘"])
def test_a_text_too_long_for_a_cell_is_cut_and_says_so(letter: str) -> None:
    cell = as_xlsx([field("long_text")], [record(letter * 40_000)]).worksheets[0]["A2"].value
    assert isinstance(cell, str)
    assert len(cell.encode("utf-16-le")) // 2 <= CELL_LENGTH
    assert cell.endswith("… (cut here: 40,000 characters; CSV and JSON have all)")


@given(st.text(max_size=60), st.integers(1, 12))
@example("History", 1)
@example("'[]:*?/\\'", 2)
def test_any_title_names_a_sheet(title: str, number: int) -> None:
    name = sheet_name(title, number)
    assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
    assert not set(name) & set("[]:*?/\\")
    assert not name.startswith("'")
    assert not name.endswith("'")


SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Maker",
            title="Maker",
            fields=(
                Field(name="name", title="Name", type="text"),
                Field(name="photo", title="Photo", type="image"),
            ),
        ),
        Entity(
            name="Thing",
            title="Thing",
            plural='Schöne "Dinge"',
            fields=(
                Field(name="size", title="Size", type="integer"),
                Field(name="name", title="Name", type="text"),
                Field(name="maker", title="Maker", type="reference", target="Maker"),
                Field(name="secret", title="Secret", type="text", hidden=True),
                Field(name="double", title="Double", type="computed", expression="size * 2"),
            ),
        ),
    ),
)


PHOTO = Attachment(name="a.png", size=3, type="image/png", digest="0" * 64)


def filled(url: str) -> Database:
    database = Database(SPEC, url)
    database.create()
    database.load("Maker", [{"id": 1, "name": "Ada", "photo": PHOTO}])
    things: list[dict[str, Value]] = [
        {"name": f"thing {n}", "size": n % 7, "maker": 1, "secret": "x"} for n in range(1, 1204)
    ]
    database.load("Thing", things)
    return database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = filled(f"sqlite:///{tmp_path}/app.db")
    yield database
    database.close()


@pytest.fixture
def client(database: Database, tmp_path: Path) -> httpx.AsyncClient:
    async def other(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nothing else is asked")

    files = Files(tmp_path / "files")
    app: Any = with_routes(other, lambda _: database, lambda: files)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


@pytest.mark.anyio
async def test_all_rows_come_in_the_columns_and_order_shown(client: httpx.AsyncClient) -> None:
    got = await client.get("/export/thing.csv", params={"sort": "-size"})
    header, *rows = csv.reader(io.StringIO(got.text, newline=""))
    assert header == ["Name", "Size", "Maker", "Double"]
    assert len(rows) == 1203
    assert rows[0] == ["thing 1203", "6", "Ada", "12"]
    assert [int(row[1]) for row in rows] == sorted((n % 7 for n in range(1, 1204)), reverse=True)


@pytest.mark.anyio
async def test_only_what_is_searched_for_and_the_columns_chosen_come(client: httpx.AsyncClient) -> None:
    got = await client.get("/export/thing.json", params={"search": "thing 120", "columns": "size,name"})
    assert got.headers["content-type"] == "application/json"
    assert [list(row) for row in got.json()] == [["id", "size", "name"]] * 6
    assert {row["name"] for row in got.json()} == {
        "thing 120",
        "thing 1120",
        *(f"thing 120{n}" for n in range(4)),
    }


@pytest.mark.anyio
async def test_a_workbook_comes_whole(client: httpx.AsyncClient) -> None:
    got = await client.get("/export/thing.xlsx", params={"search": "thing 1203"})
    sheet = openpyxl.load_workbook(io.BytesIO(got.content)).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["Name", "Size", "Maker", "Double"],
        ["thing 1203", 6, "Ada", 12],
    ]
    assert got.headers["content-type"].endswith("spreadsheetml.sheet")


@pytest.mark.anyio
async def test_a_byte_order_mark_comes_on_wish(client: httpx.AsyncClient) -> None:
    for params, start in (({"bom": "1"}, b"\xef\xbb\xbfName"), ({}, b"Name,")):
        assert (await client.get("/export/thing.csv", params=params)).content.startswith(start)


@pytest.mark.anyio
async def test_the_file_has_the_name_of_the_table(client: httpx.AsyncClient) -> None:
    got = await client.head("/export/thing.csv")
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"Schone _Dinge_.csv\"; filename*=UTF-8''Sch%C3%B6ne%20%22Dinge%22.csv"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.content == b""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    [
        "nothing.csv",
        "thing.pdf",
        "thing.csv?sort=nothing",
        "thing.csv?columns=secret",
        "thing.csv?columns=a,,",
    ],
)
async def test_what_there_is_not_is_refused_before_it_begins(client: httpx.AsyncClient, path: str) -> None:
    got = await client.get(f"/export/{path}")
    assert got.status_code == 404
    assert got.headers["content-type"].startswith("text/plain")
    assert "content-disposition" not in got.headers


@pytest.mark.anyio
async def test_a_reader_who_leaves_ends_the_writing() -> None:
    seen: list[int] = []
    taken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def parts() -> Generator[int, None, None]:
        try:
            for n in range(10**9):
                seen.append(n)
                yield n
        finally:
            loop.call_soon_threadsafe(taken.set)

    def write(file: Any, watched: Any) -> None:
        with closing(parts()) as all_parts:
            for n in watched(all_parts):
                file.write(b"%d\n" % n)

    content = spooled(write, CapacityLimiter(1), grows=True)
    assert (await anext(content)).startswith(b"0\n")
    await content.aclose()
    await taken.wait()
    assert len(seen) < 10**9


@pytest.mark.anyio
async def test_a_failure_on_the_way_breaks_the_answer_off() -> None:
    def write(file: Any, watched: Any) -> None:
        for part in watched([b"one", b"two"]):
            file.write(part)
        raise ZeroDivisionError

    got = bytearray()

    async def read() -> None:
        async for chunk in spooled(write, CapacityLimiter(1), grows=True):
            got.extend(chunk)

    with pytest.raises(ZeroDivisionError):
        await read()
    assert got == b"onetwo"


def test_a_stream_sees_one_state_of_the_data(database: Database) -> None:
    check_stream(database)


@pytest.mark.e2e
def test_a_stream_of_postgresql_does_too() -> None:
    with postgres() as url:
        database = filled(url.replace("postgresql:", "postgresql+psycopg:"))
        check_stream(database)
        assert list(database.attachments()) == [PHOTO]
        database.close()


def check_stream(database: Database) -> None:
    with closing(database.stream("Thing", Query(sort="-name"), size=100)) as stream:
        first = next(stream)
        database.insert("Thing", {"name": "zzz"})
        rest = [record for batch in stream for record in batch]
    assert len(first) == 100
    assert len(first) + len(rest) == 1203
    assert {record.labels["maker"] for record in rest} == {"Ada"}


@pytest.mark.e2e
@pytest.mark.parametrize("write", [write_csv, write_json, lambda *rest: write_xlsx(rest[0], "T", *rest[1:])])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, write: Any) -> None:
    fields = SPEC.entities[1].fields[:2]

    def batches(many: int) -> Iterator[list[Record]]:
        for start in range(0, many, 500):
            yield [
                Record(id=n, values={"size": n, "name": f"n{n}"}, labels={})
                for n in range(start, start + 500)
            ]

    def peak(many: int) -> int:
        with (tmp_path / f"{many}").open("wb") as file:
            tracemalloc.start()
            write(file, fields, batches(many))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    peak(500)
    assert peak(16_000) < 2 * peak(4_000) + 500_000


def test_a_workbook_says_its_own_size_beyond_4_gib(tmp_path: Path) -> None:
    with (tmp_path / "t.xlsx").open("wb") as file:
        write_xlsx(file, "T", [field("text")], [[record("a")]])
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        assert book.testzip() is None
