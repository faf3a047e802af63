"""How files are written: encodings, separators, headers, uneven rows, and what is no CSV at all."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest

from dataforms.check import FIELDS_LIMIT, problems
from dataforms.sheets.csv_file import LARGEST_CELL
from protoddfd.importers import ImportRefused, Proposal, Source, propose, rows

TABLE = "code,name,size\nA1,Zoë,3\nB2,Jürgen,4\n"


def proposed(folder: Path, content: bytes, name: str = "things.csv") -> Proposal:
    (folder / name).write_bytes(content)
    made = propose([Source(name=name, path=str(folder / name))], name="demo", title="Demo")
    assert problems(made.spec) == ()
    return made


def values(made: Proposal) -> list[list[object]]:
    return [list(row.values()) for row in rows(made.tables[0])]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", TABLE),
        ("utf-8-sig", TABLE),
        ("utf-16", TABLE),
        ("utf-16-le", TABLE),
        ("utf-16-be", TABLE),
        ("utf-32", TABLE),
        ("cp1252", TABLE),
        ("latin-1", TABLE),
    ],
)
def test_encodings_are_found_out(tmp_path: Path, encoding: str, text: str) -> None:
    made = proposed(tmp_path, text.encode(encoding))
    assert values(made) == [["A1", "Zoë", 3], ["B2", "Jürgen", 4]]
    assert [field.name for field in made.spec.entities[0].fields] == ["code", "name", "size"]


def test_a_text_in_another_script_is_read(tmp_path: Path) -> None:
    names = ["Иван Петров", "Мария Сидорова", "Алексей Смирнов", "Ольга Кузнецова", "Дмитрий Попов"]
    text = "имя,город,возраст\n" + "".join(f"{name},Москва,{n}\n" for n, name in enumerate(names * 3))
    made = proposed(tmp_path, text.encode("cp1251"))
    assert values(made)[0][0] == "Иван Петров"
    assert [field.name for field in made.spec.entities[0].fields] == ["imia", "gorod", "vozrast"]


def test_an_undecodable_byte_at_the_very_end_loses_nothing(tmp_path: Path) -> None:
    content = b"code,name\n" + b"".join(b"K%d,plain\n" % n for n in range(200_000)) + b"last,caf\xe9\n"
    made = proposed(tmp_path, content)
    assert made.tables[0].rows == 200_001
    assert any("cp1252" in note for note in made.notes)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found_out(tmp_path: Path, delimiter: str, newline: str) -> None:
    lines = [["code", "note"], ["A1", f'"a{delimiter} ""quoted""{newline}cell"'], ["B2", "x"]]
    text = newline.join(delimiter.join(line) for line in lines)
    made = proposed(tmp_path, text.encode())
    assert values(made) == [["A1", f'a{delimiter} "quoted"\ncell'], ["B2", "x"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\ncode;n\nA;1\nB;2\n", [["A", 1], ["B", 2]]),
        ("\n\ncode,n\n\nA,1\n,\nB,2\n\n", [["A", 1], ["B", 2]]),
        ("Report of May\n\ncode,n\nA,1\nB,2\nC,3\n", [["A", 1], ["B", 2], ["C", 3]]),
        ("code,n,\nA,1,\nB,2,\n", [["A", 1], ["B", 2]]),
        ('code, n\n"A", 1\n"B, C", 2\n', [["A", 1], ["B, C", 2]]),
        ('code,n\n"A\\"x",1\n"B",2\n', [['A"x', 1], ["B", 2]]),
        ("code,n\n'A,x',1\n'B,y',2\n", [["A,x", 1], ["B,y", 2]]),
        ("code,n\nA\0B,1\nB\x01,2\n", [["AB", 1], ["B", 2]]),
        ("code\nA\nB\n", [["A"], ["B"]]),
        ("code;price\nA;1,5\nB;2,5\n", [["A", 1.5], ["B", 2.5]]),
        ("code,n\nA,1", [["A", 1]]),
    ],
)
def test_odd_files_are_read_as_their_authors_meant(
    tmp_path: Path, text: str, expected: list[list[object]]
) -> None:
    assert values(proposed(tmp_path, text.encode())) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("code,code,,name \nA,B,C,D\n", ["code", "code_2", "column_3", "name"]),
        ("1,Ana\n2,Bo\n", ["column_1", "column_2"]),
        ("ana@a.de,Ana\nbo@b.de,Bo\n", ["column_1", "column_2"]),
        ("id,created at,Straße\n-1,B,C\n", ["id_value", "created_at", "strasse"]),
        ("country,2019,2020,2021\nChad,1,2,3\n", ["country", "n_2019", "n_2020", "n_2021"]),
        ("名前,価格\nA,1\n", ["ming_qian", "jia_ge"]),
        ("💥,?!\nA,B\n", ["column_1", "column_2"]),
        ("x" * 300 + "," + "x" * 300 + "y\n1,2\n", ["column_1", "column_2"]),
        (("x" * 100 + ",") * 2 + "y\n1,2,3\n", ["x" * 50, "x" * 45 + "_2", "y"]),
        ("depTime,HTTPStatus,customerID\nA,B,C\n", ["dep_time", "http_status", "customer_id"]),
    ],
)
def test_headers_become_names_and_missing_ones_are_made_up(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    made = proposed(tmp_path, text.encode())
    assert [field.name for field in made.spec.entities[0].fields] == names


def test_titles_are_the_headers_as_people_write_them(tmp_path: Path) -> None:
    made = proposed(tmp_path, b"dep_time,customerID,Body Mass (g),STATUS\nA,B,C,D\n")
    titles = [field.title for field in made.spec.entities[0].fields]
    assert titles == ["Dep time", "Customer ID", "Body Mass (g)", "Status"]


def test_the_row_names_that_r_writes_line_up_with_the_header(tmp_path: Path) -> None:
    made = proposed(tmp_path, b"mpg,cyl\nMazda,21.5,6\nFord,15.5,8\nFiat,32.5,4\n")
    assert [field.title for field in made.spec.entities[0].fields] == ["Column 1", "Mpg", "Cyl"]
    assert values(made)[0] == ["Mazda", 21.5, 6]


def test_uneven_rows_lose_nothing_and_are_told(tmp_path: Path) -> None:
    made = proposed(tmp_path, b"code,n\nA,1\nB\nC,3,extra\nD,4\n")
    assert values(made) == [["A", 1, None], ["B", None, None], ["C", 3, "extra"], ["D", 4, None]]
    assert any("fewer cells" in note and "line 3" in note for note in made.notes)
    assert any("more cells" in note and "line 4" in note for note in made.notes)


def test_cells_beyond_the_last_column_far_down_get_a_column(tmp_path: Path) -> None:
    content = b"code,n\n" + b"".join(b"K%d,1\n" % n for n in range(9000)) + b"L,1,,far\n"
    made = proposed(tmp_path, content)
    assert values(made)[-1] == ["L", 1, None, "far"]


def test_a_header_alone_makes_an_entity_without_records(tmp_path: Path) -> None:
    made = proposed(tmp_path, b"code,name\n")
    assert made.tables[0].rows == 0
    assert [field.type for field in made.spec.entities[0].fields] == ["text", "text"]


def _zip(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "no row"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"%PDF-1.7\n", "PDF"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), "workbook"),
        (gzip.compress(b"", mtime=0), "empty"),
        (random.Random(1).randbytes(5000), "binary"),
    ],
)
def test_what_is_no_csv_is_refused_with_its_kind_and_a_hint(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(ImportRefused, match=says) as refusal:
        proposed(tmp_path, content)
    assert str(refusal.value).startswith("things.csv: ")
    assert refusal.value.hint


def test_a_missing_file_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="cannot be read"):
        propose([Source(name="a.csv", path=str(tmp_path / "a.csv"))], name="demo", title="Demo")
    with pytest.raises(ImportRefused, match="no file"):
        propose([], name="demo", title="Demo")


def test_too_wide_a_table_is_refused(tmp_path: Path) -> None:
    made = proposed(tmp_path, b",".join(b"c%d" % n for n in range(FIELDS_LIMIT)) + b"\n")
    assert len(made.spec.entities[0].fields) == FIELDS_LIMIT
    with pytest.raises(ImportRefused, match="columns"):
        proposed(tmp_path, b",".join(b"c%d" % n for n in range(FIELDS_LIMIT + 1)) + b"\n")
    with pytest.raises(ImportRefused, match="line 3"):
        proposed(tmp_path, b"a,b\n1,2\n" + b"1," * 300 + b"1\n")


def test_a_large_cell_is_kept_and_a_quote_never_closed_is_refused(tmp_path: Path) -> None:
    large = "word " * 190_000
    made = proposed(tmp_path, f'code,note\nA,"{large}"\n'.encode())
    assert made.spec.entities[0].fields[1].type == "long_text"
    assert next(rows(made.tables[0]))["note"] == large
    with pytest.raises(ImportRefused, match="longer than") as refusal:
        proposed(tmp_path, b'code,note\nA,"never closed\n' + b"B,x\n" * (LARGEST_CELL // 3))
    assert "quotation mark" in refusal.value.hint


def test_a_quote_that_swallows_many_lines_is_told(tmp_path: Path) -> None:
    made = proposed(tmp_path, b'code,note\nA,"never closed\n' + b"B,x\n" * 500)
    assert any("quotation mark" in note for note in made.notes)
