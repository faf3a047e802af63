"""Whatever the bytes: a complete proposal or a refusal with a reason. And it streams."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.check import problems
from protoddfd.importers import ImportRefused, Source, propose, rows

_PIECES = st.sampled_from(
    ["a", "1", "01", "1,5", "$5", "NA", "yes", "2020-01-31", '"', '""', ",", ";", "\t", "|", "\n", "\r\n",
     "\r", " ", "\0", "é", "日", "\u2028", "\\", "'", "%", "-", "e5", "\ufeff", "id", "🙂"]
)  # fmt: skip


def _reasoned(refusal: ImportRefused) -> None:
    assert str(refusal)


def _check(path: Path) -> None:
    try:
        made = propose([Source(name=path.name, path=str(path))], name="demo", title="Demo")
    except ImportRefused as refusal:
        return _reasoned(refusal)
    assert problems(made.spec) == ()
    fields = {field.name for field in made.spec.entities[0].fields} | {"id"}
    count = 0
    for row in rows(made.tables[0]):
        assert row.keys() <= fields
        count += 1
    assert count == made.tables[0].rows


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any.csv").write_bytes(content)
    _check(tmp_path / "any.csv")


@given(st.lists(_PIECES, max_size=120), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_text_that_resembles_csv_is_read_or_refused(
    tmp_path: Path, pieces: list[str], encoding: str
) -> None:
    (tmp_path / "any.csv").write_bytes("".join(pieces).encode(encoding, errors="replace"))
    _check(tmp_path / "any.csv")


_CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and not set(text) & set("\u2028\u2029\x85")
)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL), min_size=2, max_size=30))
def test_no_cell_of_a_table_of_texts_is_lost(tmp_path: Path, table: list[tuple[str, str, str]]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(["first word", "second word", "third word"])
    writer.writerows([f"t {cell} x" for cell in row] for row in table)
    (tmp_path / "any.csv").write_bytes(buffer.getvalue().encode())
    made = propose([Source(name="any.csv", path=str(tmp_path / "any.csv"))], name="demo", title="Demo")
    found = [list(row.values()) for row in rows(made.tables[0])]
    assert found == [[f"t {cell} x" for cell in row] for row in table]


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.parametrize("lines", [60_000])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("n,code,note,price\n")
        file.writelines(
            f'{n},K{n:09d},"remark {n} with more words in it and more",{n}.25\n' for n in range(lines)
        )
    tracemalloc.start()
    made = propose([Source(name="big.csv", path=str(path))], name="demo", title="Demo")
    assert sum(1 for _ in rows(made.tables[0])) == lines
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15 << 20
