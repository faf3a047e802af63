"""What a column is, from its cells and its header."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from dataforms.check import problems
from dataforms.spec import Field
from dataforms.typerow import Value
from protoddfd.importers import Proposal, Source, propose, rows


def proposal(folder: Path, *texts: str, names: tuple[str, ...] = ("things.csv",)) -> Proposal:
    sources = []
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_bytes(text.encode())
        sources.append(Source(name=name, path=str(folder / name)))
    made = propose(sources, name="demo", title="Demo")
    assert problems(made.spec) == ()
    return made


def column(folder: Path, header: str, cells: list[str]) -> tuple[Field, list[Value], tuple[str, ...]]:
    """Return the field of a column beside another one, its values and the notes."""
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    text = f"label\t{header}\n" + "".join(f"word {n}x\t{cell}\n" for n, cell in enumerate(quoted))
    made = proposal(folder, text)
    field = made.spec.entities[0].fields[1]
    return field, [row[field.name] for row in rows(made.tables[0])], made.notes


@pytest.mark.parametrize(
    ("header", "cells", "type_name", "values"),
    [
        ("n", ["1", "-2", "0", "+3"], "integer", [1, -2, 0, 3]),
        ("n", ["1,234", "12", "1,234,567"], "integer", [1234, 12, 1234567]),
        ("n", ["1.234.567", "12"], "integer", [1234567, 12]),
        ("n", ["1 234", "12 345 678"], "integer", [1234, 12345678]),
        ("n", ["1'234", "5"], "integer", [1234, 5]),
        ("n", ["9223372036854775807", "1"], "integer", [9223372036854775807, 1]),
        ("n", ["9223372036854775808", "1"], "text", ["9223372036854775808", "1"]),
        ("n", ["12345678901234567890123", "1"], "text", ["12345678901234567890123", "1"]),
        ("n", ["1234567890123456789", "5"], "integer", [1234567890123456789, 5]),
        ("n", ["1234567890123456", "0.5"], "text", ["1234567890123456", "0.5"]),
        ("n USD", ["1e5", "2.5"], "decimal", [100000, Decimal("2.5")]),
        ("at", ["0001-01-01T00:00:00+05:00"] * 2, "text", ["0001-01-01T00:00:00+05:00"] * 2),
        ("cost", ["$999999999999999", "$1"], "text", ["$999999999999999", "$1"]),
        ("zip", ["10115", "20095"], "text", ["10115", "20095"]),
        ("area", ["01234", "20095"], "text", ["01234", "20095"]),
        ("n", ["1.5", "2", "-.5"], "decimal", [Decimal("1.5"), 2, Decimal("-0.5")]),
        ("n", ["1,5", "2,25"], "decimal", [Decimal("1.5"), Decimal("2.25")]),
        ("n", ["1.234,56", "7"], "decimal", [Decimal("1234.56"), 7]),
        ("n", ["1,234.56", "7"], "decimal", [Decimal("1234.56"), 7]),
        ("n", ["1e5", "2.5E-3", "3e+2"], "decimal", [100000, Decimal("0.0025"), 300]),
        ("n", ["−1.5", "2.0"], "decimal", [Decimal("-1.5"), 2]),
        ("n", ["10.357019999999999", "1"], "decimal", [Decimal("10.357019999999999"), 1]),
        ("n", ["1.5", "NA", "2", "-"], "decimal", [Decimal("1.5"), None, 2, None]),
        ("n", ["inf", "1.0"], "text", ["inf", "1.0"]),
        ("price", ["$5.00", "$1,200.50", ""], "money", [5, Decimal("1200.50"), None]),
        ("price", ["5,00 €", "1.200,50 €", "-3,00 €"], "money", [5, Decimal("1200.50"), -3]),
        ("price", ["CHF 5.00", "CHF 1'200.50"], "money", [5, Decimal("1200.50")]),
        ("price", ["($5.00)", "$7.25"], "money", [-5, Decimal("7.25")]),
        ("price", ["$5.00", "€7.25"], "text", ["$5.00", "€7.25"]),
        ("price_usd", ["5.00", "7.25"], "money", [5, Decimal("7.25")]),
        ("Amount (EUR)", ["5,10", "7,25"], "money", [Decimal("5.10"), Decimal("7.25")]),
        ("share", ["12%", "12.5 %"], "percent", [12, Decimal("12.5")]),
        ("ok", ["true", "FALSE", ""], "boolean", [True, False, None]),
        ("ok", ["yes", "no", "Yes"], "boolean", [True, False, True]),
        ("ok", ["y", "n"], "boolean", [True, False]),
        ("ok", ["ja", "nein"], "boolean", [True, False]),
        ("ok", ["oui", "non"], "boolean", [True, False]),
        ("ok", ["sí", "no"], "boolean", [True, False]),
        ("ok", ["y", "y"], "text", ["y", "y"]),
        ("is_open", ["1", "0", "1"], "boolean", [True, False, True]),
        ("doors", ["1", "0", "1"], "integer", [1, 0, 1]),
        ("on", ["2024-12-31", "2023-01-02"], "date", [date(2024, 12, 31), date(2023, 1, 2)]),
        ("on", ["31.12.2024", "1.2.2023"], "date", [date(2024, 12, 31), date(2023, 2, 1)]),
        ("on", ["31/12/2024", "1/2/2023"], "date", [date(2024, 12, 31), date(2023, 2, 1)]),
        ("on", ["12/31/2024", "1/2/2023"], "date", [date(2024, 12, 31), date(2023, 1, 2)]),
        ("on", ["12/31/99", "1/2/23"], "date", [date(1999, 12, 31), date(2023, 1, 2)]),
        ("on", ["Jan 1 2000", "December 24, 2001"], "date", [date(2000, 1, 1), date(2001, 12, 24)]),
        ("on", ["1. März 2020", "24. Dezember 2021"], "date", [date(2020, 3, 1), date(2021, 12, 24)]),
        ("on", ["01-Jan-2000", "24-dec-2001"], "date", [date(2000, 1, 1), date(2001, 12, 24)]),
        ("on", ["2020-02-31", "2020-02-01"], "text", ["2020-02-31", "2020-02-01"]),
        ("order date", ["20241231", "20230102"], "date", [date(2024, 12, 31), date(2023, 1, 2)]),
        ("reading", ["20241231", "20230102"], "integer", [20241231, 20230102]),
        ("on", ["2012/01/01 00:00", "2012/01/02 00:00"], "date", [date(2012, 1, 1), date(2012, 1, 2)]),
        (
            "at",
            ["2013-01-01T10:00:00Z", "2013-01-01 10:00:01.5", "2013-01-01T10:00:00+02:00"],
            "datetime",
            [datetime(2013, 1, 1, 10), datetime(2013, 1, 1, 10, 0, 1, 500000), datetime(2013, 1, 1, 8)],  # noqa: DTZ001
        ),
        (
            "at",
            ["12/31/2013 1:05 PM", "1/2/2013 12:00 AM"],
            "datetime",
            [datetime(2013, 12, 31, 13, 5), datetime(2013, 1, 2)],  # noqa: DTZ001
        ),
        ("at", ["10:30", "23:59:59"], "time", [time(10, 30), time(23, 59, 59)]),
        ("at", ["25:30", "10:00"], "text", ["25:30", "10:00"]),
        ("mail", ["ana@Example.com", "bo@b.de"], "email", ["ana@example.com", "bo@b.de"]),
        ("page", ["https://a.example/x", "http://b.de"], "url", ["https://a.example/x", "http://b.de"]),
        ("phone", ["+49 30 1234567", "(030) 123456"], "phone", ["+49 30 1234567", "(030) 123456"]),
        ("phone", ["5551234567", "5551234568"], "phone", ["5551234567", "5551234568"]),
        ("c", ["#1E90FF", "#ffffff"], "color", ["#1e90ff", "#ffffff"]),
        ("code", ["NA", "DE", "FR"], "text", ["NA", "DE", "FR"]),
        ("empty", ["", "", ""], "text", [None, None, None]),
        ("remark", ["one\ntwo", "x"], "long_text", ["one\ntwo", "x"]),
        ("remark", ["one\r\ntwo", "x"], "long_text", ["one\ntwo", "x"]),
        ("remark", ["x" * 300, "y"], "long_text", ["x" * 300, "y"]),
        ("word", [" padded ", 'with "quotes"'], "text", ["padded", 'with "quotes"']),
        ("status", ["new", "done"] * 10, "enum", ["new", "done"] * 10),
        ("sex", ["male", "female", ""] * 10, "enum", ["male", "female", None] * 10),
        ("city", ["Bonn", "Köln"] * 10, "text", ["Bonn", "Köln"] * 10),
    ],
)
def test_a_column_becomes_the_type_of_all_its_cells(
    tmp_path: Path, header: str, cells: list[str], type_name: str, values: list[Value]
) -> None:
    field, found, _ = column(tmp_path, header, cells)
    assert (field.type, found) == (type_name, values)


@pytest.mark.parametrize(
    ("cells", "currency", "places"),
    [
        (["$5.00", "$6"], "USD", None),
        (["£5", "£6"], "GBP", None),
        (["5 EUR", "6 EUR"], "EUR", None),
        (["¥500", "¥600"], "JPY", None),
        (["€1.234", "€0.999"], "EUR", 3),
    ],
)
def test_an_amount_keeps_its_currency(
    tmp_path: Path, cells: list[str], currency: str, places: int | None
) -> None:
    field, _, _ = column(tmp_path, "price", cells)
    assert (field.type, field.currency, field.places) == ("money", currency, places)


def test_choices_of_a_known_kind_keep_their_order(tmp_path: Path) -> None:
    field, _, _ = column(tmp_path, "size", ["XL", "S", "M", "L"] * 10)
    assert field.choices == ("S", "M", "L", "XL")


def test_a_date_that_could_be_read_in_two_ways_is_noted(tmp_path: Path) -> None:
    field, values, notes = column(tmp_path, "on", ["01/02/2023", "03/04/2023"])
    assert field.type == "date"
    assert values[0] == date(2023, 1, 2)
    assert any("two ways" in note for note in notes)


def test_one_column_of_dates_decides_the_order_of_another(tmp_path: Path) -> None:
    made = proposal(tmp_path, "a,b,c\nx,01/02/2023,31/12/2023\ny,03/04/2023,30/11/2023\n")
    assert next(rows(made.tables[0]))["b"] == date(2023, 2, 1)


def test_a_semicolon_file_with_decimal_commas_reads_a_point_as_thousands(tmp_path: Path) -> None:
    made = proposal(tmp_path, "name;height;count\nx;1,75;1.234\ny;2,5;2.000\n")
    assert next(rows(made.tables[0])) == {"name": "x", "height": Decimal("1.75"), "count": 1234}


def test_a_text_for_no_value_is_one_for_choices_too_where_the_file_uses_it_for_numbers(
    tmp_path: Path,
) -> None:
    body = "".join(
        f"{n},{sex},{height}\n" for n, (sex, height) in enumerate([("m", "1"), ("f", "NA"), ("NA", "3")] * 9)
    )
    made = proposal(tmp_path, f"n,sex,height\n{body}")
    assert made.spec.entities[0].fields[1].choices == ("f", "m")
    assert [row["sex"] for row in rows(made.tables[0])][:3] == ["m", "f", None]


def test_a_cell_far_down_that_contradicts_the_others_decides(tmp_path: Path) -> None:
    body = "".join(f"name {n},{n}\n" for n in range(30_000)) + "last,many\n"
    made = proposal(tmp_path, f"name,count\n{body}")
    assert made.spec.entities[0].fields[1].type == "text"
    *_, last = rows(made.tables[0])
    assert last == {"name": "last", "count": "many"}


def test_only_columns_without_gaps_are_required_and_only_keys_unique(tmp_path: Path) -> None:
    body = "".join(f"K{n},{n * 7},{'x' if n else ''}\n" for n in range(20))
    made = proposal(tmp_path, f"code,population,remark\n{body}")
    code, population, remark = made.spec.entities[0].fields
    assert (code.required, code.unique) == (True, True)
    assert (population.required, population.unique) == (True, False)
    assert (remark.required, remark.unique) == (False, False)


@pytest.mark.parametrize(
    ("name", "header", "becomes_id"),
    [
        ("customers.csv", "id", True),
        ("customers.csv", "customer_id", True),
        ("customers.csv", "CustomerID", True),
        ("order_items.csv", "item no", True),
        ("customers.csv", "", True),
        ("customers.csv", "population", False),
    ],
)
def test_a_column_of_record_numbers_becomes_the_id(
    tmp_path: Path, name: str, header: str, becomes_id: bool
) -> None:
    text = f"{header},name\n5,Ana\n7,Bo\n"
    made = proposal(tmp_path, text, names=(name,))
    assert (next(rows(made.tables[0])).get("id") == 5) == becomes_id


def test_numbers_that_are_no_record_numbers_stay_a_field(tmp_path: Path) -> None:
    made = proposal(tmp_path, "id,name\n0,Ana\n1,Bo\n")
    assert made.spec.entities[0].fields[0].name == "id_value"


def test_the_same_files_give_the_same_proposal(tmp_path: Path) -> None:
    text = "code,size\n" + "".join(f"K{n},{'SML'[n % 3]}\n" for n in range(50))
    assert proposal(tmp_path, text) == proposal(tmp_path, text)
