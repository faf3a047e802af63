"""Rows of CSV files that are sums of others, as reports have them, and what only looks like one."""

import random
from decimal import Decimal
from pathlib import Path

import pytest
from importing import loaded, proposed, types

REPORT = """Region,Product,Day,Amount,Pieces
East,Bolt,2024-01-02,"1,200.50",3
East,Nut,2024-01-03,80.00,4
East Total,,,"1,280.50",7
West,Bolt,2024-01-04,10.25,1
West,Nut,2024-01-05,"1,000.00",1
West Total,,,"1,010.25",2
Grand Total,,,"2,290.75",9
"""


def test_subtotals_and_totals_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(REPORT)
    made = proposed(path)
    assert types(made, "Sale") == {
        "region": "text", "product": "text", "day": "date", "amount": "decimal", "pieces": "integer",
    }  # fmt: skip
    assert [note for note in made.notes if "sum" in note] == [
        'sales.csv: 3 rows were left out, as they are sums of others: "East Total 1280.5 7".'
    ]
    records, report = loaded(made, tmp_path)
    assert (report.rows, report.misfits) == (4, 0)
    assert sum(row["amount"] for row in records["Sale"]) == Decimal("2290.75")  # type: ignore[misc]  # decimals


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_total_is_known_in_other_languages_marks_and_encodings(tmp_path: Path, encoding: str) -> None:
    text = "Straße;Betrag\nA-Weg;1.200,50 €\nB-Weg;99,25 €\nÖ-Weg;7,00 €\nGesamtsumme;1.306,75 €\n"
    path = tmp_path / "posten.csv"
    path.write_bytes(text.encode(encoding))
    made = proposed(path)
    records, _ = loaded(made, tmp_path)
    assert [row["betrag"] for row in records["Posten"]] == [Decimal("1200.50"), Decimal("99.25"), 7]


def test_a_total_of_rounded_numbers_is_one(tmp_path: Path) -> None:
    chance = random.Random(3)
    exact = [chance.random() * 100 for _ in range(5_000)]
    lines = [f"item {number},{each:.2f}" for number, each in enumerate(exact)]
    path = tmp_path / "items.csv"
    path.write_text("\n".join(["Name,Price", *lines, f"Total,{sum(exact):.2f}\n"]))
    assert sum(round(each, 2) for each in exact) != pytest.approx(sum(exact), abs=0.004)
    assert loaded(proposed(path), tmp_path)[1].rows == 5_000


@pytest.mark.parametrize(
    "text",
    [
        "Film,Year\nTotal Recall,1990\nAlien,1979\nTotal Eclipse,1995\n",
        "Name,A,B\nx,1,2\ny,3,4\nTotal,4,7\n",
        "Name,A\nTotal,4\nx,1\ny,3\n",
        "Name,A\nx,1\ny,3\nz,4\n",
        "Company,Sales\nx,1\ny,3\nWestern Total Solutions,4\n",
        "A,B\n1,2\n3,4\n4,6\n",
    ],
)
def test_what_is_no_sum_or_not_called_one_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    made = proposed(path)
    assert not any("left out" in note for note in made.notes)
    assert loaded(made, tmp_path)[1].rows == len(text.splitlines()) - 1
