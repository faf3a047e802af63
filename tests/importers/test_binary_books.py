"""Workbooks as Excel wrote them before 2007, and its binary ones: per cent and currency as in the others.

The books were written by SheetJS 0.18.5 (Apache 2.0), with 24 orders between a title and a total, and another
sheet; the binary one without its short records, which Excel does not write either.
"""

import random
from decimal import Decimal
from pathlib import Path

import pytest
from importing import field, loaded, proposed, types

from protoddfd.importers.kinds import xls_styles, xlsb_styles
from protoddfd.importers.kinds.xlsx_styles import Styles

BOOKS = Path(__file__).parent / "books"
ROWS = range(3, 27)
SHOWN = {2: "€", 3: "%", 4: "%", 5: "$"}


@pytest.mark.parametrize("name", ["orders.xls", "orders.xlsb"])
def test_per_cent_and_currency_come_along(tmp_path: Path, name: str) -> None:
    made = proposed(BOOKS / name)
    assert types(made, "Order") == {
        "customer": "text", "amount": "money", "discount": "percent", "tax": "percent", "price": "money",
        "plain": "decimal", "ratio": "decimal",
    }  # fmt: skip
    assert types(made, "Anteile") == {"code": "text", "share": "percent"}
    assert [field(made, "Order", each).currency for each in ("amount", "price")] == ["EUR", "USD"]
    assert any('Left out, as it is a total: "Total 3150"' in note for note in made.notes)
    records, report = loaded(made, tmp_path)
    assert (report.rows, report.misfits) == (26, 0)
    first = records["Order"][0]
    assert [first[each] for each in ("amount", "discount", "tax", "price", "plain", "ratio")] == [
        Decimal("10.50"), 5, 19, 3, Decimal("1.25"), Decimal("0.5"),
    ]  # fmt: skip


def test_the_book_of_1995_is_read_too() -> None:
    found = xls_styles.styles_of(BOOKS / "orders-95.xls", "Orders", ROWS, 0)
    assert {column: style for column, style in found.columns.items() if column != 2} == {
        column: style for column, style in SHOWN.items() if column != 2
    }


@pytest.mark.parametrize(("name", "kind"), [("orders.xls", xls_styles), ("orders.xlsb", xlsb_styles)])
def test_some_rows_and_some_columns_say_what_they_are(name: str, kind: object) -> None:
    assert kind in (xls_styles, xlsb_styles)
    styles_of = xls_styles.styles_of if kind is xls_styles else xlsb_styles.styles_of
    assert styles_of(BOOKS / name, "Orders", ROWS, 0).columns == SHOWN
    assert styles_of(BOOKS / name, "Orders", ROWS, 2).columns == {at - 2: how for at, how in SHOWN.items()}
    assert styles_of(BOOKS / name, "Orders", range(4, 5), 0).columns == {**SHOWN, 7: "%"}
    assert styles_of(BOOKS / name, "Änteile", range(1, 3), 0).columns == {1: "%"}
    assert styles_of(BOOKS / name, "Nowhere", ROWS, 0) == Styles()


@pytest.mark.parametrize("name", ["orders.xls", "orders.xlsb", "orders-95.xls"])
def test_damage_costs_no_more_than_the_formats(tmp_path: Path, name: str) -> None:
    whole = (BOOKS / name).read_bytes()
    styles_of = xls_styles.styles_of if name.endswith(".xls") else xlsb_styles.styles_of
    chance = random.Random(7)
    for attempt in range(400):
        content = bytearray(whole[: chance.randrange(len(whole))] if attempt % 4 == 0 else whole)
        for _ in range(chance.choice((1, 3, 30))):
            if content:
                content[chance.randrange(len(content))] = chance.randrange(256)
        (tmp_path / "book").write_bytes(content)
        assert isinstance(styles_of(tmp_path / "book", "Orders", ROWS, 0), Styles)
