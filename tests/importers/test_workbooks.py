"""Workbooks as people make them: titles above, totals below, several sheets, formats of numbers."""

import datetime
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from importing import field, loaded, proposed, types
from openpyxl.worksheet.worksheet import Worksheet

from protoddfd.importers import ImportRefused
from protoddfd.importers.grid import top
from protoddfd.importers.kinds.xlsx_styles import shown_as


def book(path: Path, **sheets: Callable[[Worksheet], None]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, fill in sheets.items():
        fill(made.create_sheet(name))
    made.save(path)
    return path


def orders(sheet: Worksheet) -> None:
    sheet["A1"] = "ACME Ltd: orders"
    sheet.merge_cells("A1:F1")
    sheet["A2"], sheet["B2"] = "Printed", "yesterday"
    sheet.append([])
    sheet.append(["Order no", "Customer", "Date", "Amount", "Discount", "Time spent"])
    for number in range(1, 13):
        when = datetime.datetime.fromisoformat(f"2024-01-{number:02}")
        length = datetime.timedelta(hours=number * 3)
        sheet.append([number, 100 + number % 3, when, number * 10.5, 0.05 * (number % 4), length])
        sheet.cell(sheet.max_row, 4).number_format = '#,##0.00 "€"'
        sheet.cell(sheet.max_row, 5).number_format = "0%"
    sheet.append(["Total", None, None, 819])
    sheet.append([])
    sheet.append(["Source: the books"])


def customers(sheet: Worksheet) -> None:
    sheet["B3"], sheet["C3"], sheet["D3"] = "Customer no", "Name", "VIP"
    for number in range(3):
        values: list[int | str] = [100 + number, f"Name {number}", number == 1]
        for column, value in enumerate(values, 2):
            sheet.cell(4 + number, column, value)


def test_two_sheets_become_two_tables_that_refer_to_each_other(tmp_path: Path) -> None:
    made = proposed(book(tmp_path / "shop.xlsx", Orders=orders, Customers=customers))
    assert types(made, "Order") == {
        "customer": "reference", "date": "date", "amount": "money", "discount": "percent",
        "time_spent": "duration",
    }  # fmt: skip
    assert (field(made, "Order", "amount").currency, field(made, "Order", "customer").target) == (
        "EUR",
        "Customer",
    )
    assert types(made, "Customer") == {"name": "text", "vip": "boolean"}
    records, report = loaded(made, tmp_path)
    assert (report.rows, report.misfits) == (15, 0)
    assert records["Order"][2] == {
        "id": 3, "customer": 100, "date": datetime.date(2024, 1, 3), "amount": Decimal("31.5"),
        "discount": Decimal(15), "time_spent": datetime.timedelta(hours=9),
    }  # fmt: skip
    assert records["Customer"][1] == {"id": 101, "name": "Name 1", "vip": True}


def test_what_is_above_and_below_a_table_is_left_out_and_said(tmp_path: Path) -> None:
    made = proposed(book(tmp_path / "shop.xlsx", Orders=orders))
    assert made.tables[0].rows == 12
    for said in (
        "ACME Ltd: orders",
        "Printed yesterday",
        'total: "Total 819"',
        'below the table: "Source: the books"',
    ):
        assert any(said in note for note in made.notes), made.notes


def test_a_record_that_is_called_total_stays(tmp_path: Path) -> None:
    def brands(sheet: Worksheet) -> None:
        for row in (
            ["Brand", "Country", "Stations"],
            ["Shell", "UK", 46],
            ["BP", "UK", 21],
            ["Total", "France", 16],
        ):
            sheet.append(row)

    assert proposed(book(tmp_path / "brands.xlsx", Brands=brands)).tables[0].rows == 3


def test_empty_and_hidden_sheets_are_named(tmp_path: Path) -> None:
    def hidden(sheet: Worksheet) -> None:
        sheet["A1"] = "secret"
        sheet.sheet_state = "hidden"

    made = proposed(book(tmp_path / "shop.xlsx", Orders=orders, Empty=lambda sheet: None, Notes=hidden))
    assert [entity.name for entity in made.spec.entities] == ["Order"]
    assert any("'Empty' is empty" in note for note in made.notes)
    assert any("'Notes' is hidden" in note for note in made.notes)


def test_headings_over_several_columns_become_part_of_their_names(tmp_path: Path) -> None:
    def quarters(sheet: Worksheet) -> None:
        sheet.append(["Region", "Q1", None, "Q2", None])
        sheet.append([None, "Sales", "Cost", "Sales", "Cost"])
        sheet.merge_cells("B1:C1")
        sheet.merge_cells("D1:E1")
        for name in ("North", "South", "West"):
            sheet.append([name, 1, 2, 3, 4])

    made = proposed(book(tmp_path / "sales.xlsx", Sales=quarters))
    assert [each.title for each in made.spec.entities[0].fields] == [
        "Region", "Q1 Sales", "Q1 Cost", "Q2 Sales", "Q2 Cost",
    ]  # fmt: skip


def test_mixed_types_become_text_and_lose_nothing(tmp_path: Path) -> None:
    def mixed(sheet: Worksheet) -> None:
        for row in (
            ["Code", "Value"],
            ["a", 1],
            ["b", "two"],
            ["c", datetime.date(2024, 5, 6)],
            ["d", 2.5],
        ):
            sheet.append(row)

    made = proposed(book(tmp_path / "mixed.xlsx", Mixed=mixed))
    records, _ = loaded(made, tmp_path)
    assert [row["value"] for row in records["Mixed"]] == ["1", "two", "2024-05-06", "2.5"]


def test_dates_written_as_text_in_an_order_that_is_open_are_reported(tmp_path: Path) -> None:
    def days(sheet: Worksheet) -> None:
        for row in (["Name", "Day"], ["a", "01/02/2024"], ["b", "03/04/2024"]):
            sheet.append(row)

    made = proposed(book(tmp_path / "days.xlsx", Days=days))
    assert field(made, "Day", "day").type == "date"
    assert any("could be read in two ways" in note for note in made.notes)


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (9, "", "%"), (164, "0.00%", "%"), (164, '#,##0.00 "€"', "€"), (164, "[$€-407]#,##0.00", "€"),
        (164, "[$CHF] #,##0", "CHF"), (164, "$#,##0_);[Red]($#,##0)", "$"), (44, "", "$"), (0, "", ""),
        (164, "0.0", ""), (14, "", ""), (164, '0 "kg"', ""), (164, '"50%" 0', ""),
    ],
)  # fmt: skip
def test_number_formats_say_what_a_number_is(number: int, code: str, shown: str) -> None:
    assert shown_as(number, code) == shown


def test_a_table_without_a_header_has_numbered_columns() -> None:
    found = top([["1", "2"], ["3", "4"]])
    assert found is not None
    assert (found.header, found.first_row, found.headless) == (("Column 1", "Column 2"), 0, True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04" + b"\0" * 300 + b"xl/workbook.xml", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be read as a workbook"),
    ],
)
def test_a_damaged_workbook_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "bad.xlsx").write_bytes(content)
    with pytest.raises(ImportRefused, match=says) as refused:
        proposed(tmp_path / "bad.xlsx")
    assert refused.value.hint


def test_a_workbook_that_unpacks_to_far_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = book(tmp_path / "bomb.xlsx", Orders=orders)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/more.xml", "w") as part,
    ):
        for _ in range(100):
            part.write(b"<c>" + b" " * (1 << 20))
    with pytest.raises(ImportRefused, match="unpacks to more"):
        proposed(path)


def test_a_sheet_of_very_many_columns_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "wide.xlsx", Wide=lambda sheet: sheet.append([f"c{n}" for n in range(1_000)]))
    with pytest.raises(ImportRefused, match="1,000 columns"):
        proposed(path)


def test_a_workbook_with_another_ending_is_read_all_the_same(tmp_path: Path) -> None:
    made = proposed(book(tmp_path / "shop.xlsx", Orders=orders).rename(tmp_path / "shop.csv"))
    assert made.tables[0].rows == 12


def regions(sheet: Worksheet) -> None:
    sheet.append(["Region", "Seller", "Sold", "Value"])
    for region in ("East", "West", "North"):
        for number in range(1, 5):
            sheet.append([region, f"Seller {number}", number, number * 2.5])
        sheet.append([f"{region} Total", None, 10, 25])
    sheet.append(["Grand Total", None, 30, 75])


def test_sums_between_the_records_are_left_out_if_they_are_sums(tmp_path: Path) -> None:
    made = proposed(book(tmp_path / "sales.xlsx", Sales=regions))
    records, report = loaded(made, tmp_path)
    assert report.rows == 12
    assert {row["region"] for row in records["Sale"]} == {"East", "West", "North"}
    assert any(
        '3 rows were left out, as they are sums of others: "East Total 10 25"' in n for n in made.notes
    )
    assert any('total: "Grand Total 30 75"' in note for note in made.notes)


@pytest.mark.parametrize(
    ("label", "sold"),
    [("East Total", 11), ("Totally new", 10), ("Eastern", 10)],
    ids=["sum", "word", "no word"],
)
def test_what_is_only_like_a_sum_stays(tmp_path: Path, label: str, sold: int) -> None:
    def fill(sheet: Worksheet) -> None:
        regions(sheet)
        sheet["A6"], sheet["C6"] = label, sold

    records, _ = loaded(proposed(book(tmp_path / "sales.xlsx", Sales=fill)), tmp_path)
    assert label in {row["region"] for row in records["Sale"]}


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"""


def _cell(value: object, kind: str = "string", more: str = "") -> str:
    written = "" if kind == "string" else f' office:value="{value}"'
    inside = f"<text:p>{value}</text:p>"
    return f'<table:table-cell office:value-type="{kind}"{written}{more}>{inside}</table:table-cell>'


def _ods(path: Path, sheets: dict[str, list[str]]) -> Path:
    body = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr("content.xml", ODS.format(body))
    return path


def test_per_cent_and_currency_of_an_opendocument_sheet_are_its_cells_own(tmp_path: Path) -> None:
    gap = '<table:table-cell table:number-columns-repeated="1"/>'
    head = gap + "".join(map(_cell, ("Name", "Share", "Price", "Mixed", "Size")))
    rows = [
        gap + _cell(f"Thing {number}") + _cell(number / 8, "percentage")
        + _cell(number * 1.5, "currency", ' office:currency="EUR"')
        + _cell(number / 4, "percentage" if number % 2 else "float") + _cell(number, "float")
        for number in range(1, 12)
    ]  # fmt: skip
    others = [_cell("Word") + _cell("Rate"), *(_cell(f"w{n}") + _cell(n, "float") for n in range(1, 12))]
    made = proposed(_ods(tmp_path / "things.ods", {"Words": others, "Things": [head, *rows]}))
    assert types(made, "Thing") == {
        "name": "text", "share": "percent", "price": "money", "mixed": "decimal", "size": "integer",
    }  # fmt: skip
    assert types(made, "Word") == {"word": "text", "rate": "integer"}
    assert field(made, "Thing", "price").currency == "EUR"
    records, report = loaded(made, tmp_path)
    assert (records["Thing"][1]["share"], records["Thing"][1]["price"]) == (Decimal(25), Decimal(3))
    assert report.misfits == 0
