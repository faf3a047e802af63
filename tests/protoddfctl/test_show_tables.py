"""Text for people: what fits, what is cut, what is cleaned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfctl.show import clean, clean_line, columns_of, cut, duration, pairs, size, wants_colour
from protoddfctl.table import Cell, Column, table


def shown(
    columns: list[Column], *rows: list[str], width: int | None = None, coloured: bool = False
) -> list[str]:
    return table(columns, [[Cell(text) for text in row] for row in rows], width=width, coloured=coloured)


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    lines = shown([Column("A"), Column("NUMBER", right=True)], ["first", "1"], ["b", "1000"])
    assert lines == ["A      NUMBER", "first       1", "b        1000"]


def test_without_a_terminal_nothing_is_cut() -> None:
    assert shown([Column("A")], ["x" * 500])[1] == "x" * 500


def test_the_widest_column_gives_way_first() -> None:
    lines = shown([Column("A"), Column("B")], ["short", "x" * 100], width=40)
    assert lines[1] == f"short  {'x' * 32}…"


@given(st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), max_size=5), st.integers(20, 120))
def test_a_table_is_never_wider_than_the_terminal(rows: list[list[str]], width: int) -> None:
    for line in shown([Column("A"), Column("B"), Column("C", right=True)], *rows, width=width):
        assert columns_of(line) <= width


@given(st.lists(st.lists(st.text(max_size=60), min_size=4, max_size=4), max_size=5), st.integers(1, 60))
def test_not_even_on_the_narrowest_one(rows: list[list[str]], width: int) -> None:
    columns = [Column("A", whole=True), Column("B", drop=1), Column("C", right=True), Column("D", whole=True)]
    for line in shown(columns, *rows, width=width):
        assert columns_of(line) <= width


def test_texts_are_cut_before_columns_are_left_out_and_numbers_are_never_cut() -> None:
    columns = [Column("NAME", whole=True), Column("COUNT", right=True), Column("URL", whole=True, drop=1),
               Column("TITLE", drop=2)]  # fmt: skip
    row = ["inventory", "123456", "http://127.0.0.1:4001", "A rather long title"]
    assert shown(columns, row, width=50)[1] == "inventory  123456  http://127.0.0.1:4001  A rathe…"
    assert shown(columns, row, width=45)[1:] == [
        "inventory  123456  http://127.0.0.1:4001",
        "(too narrow for TITLE)",
    ]
    assert shown(columns, row, width=30)[1:] == ["inventory  123456", "(too narrow for URL, TITLE)"]
    assert shown(columns, row, width=12)[1:] == ["inventory", "(too narrow…"]
    assert shown(columns, row, width=5)[1:] == ["inve…", "(too…"]


def test_wide_and_joined_characters_stay_in_their_columns() -> None:
    lines = shown(
        [Column("A"), Column("B")], ["日本語のアプリ", "x"], ["e\u0301", "y"], ["👩\u200d💻", "z"], width=14
    )
    assert {columns_of(line[: line.index(each)]) for line, each in zip(lines[1:], "xyz", strict=True)} == {13}


@pytest.mark.parametrize(
    ("environ", "terminal", "pipe"),
    [
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_who_sees_colours(environ: dict[str, str], terminal: bool, pipe: bool) -> None:
    assert wants_colour(environ, is_terminal=True) is terminal
    assert wants_colour(environ, is_terminal=False) is pipe


def test_values_are_wrapped_beside_their_names_and_long_words_stay_whole() -> None:
    lines = pairs([("name", "one two three"), ("path", "/a/rather/long/path")], width=14, coloured=False)
    assert lines == ["name  one two", "      three", "path  /a/rather/long/path"]


def test_colours_do_not_disturb_the_alignment() -> None:
    rows = [[Cell("ready", "green"), Cell("x")], [Cell("up"), Cell("y")]]
    lines = table([Column("STATE"), Column("B")], rows, width=None, coloured=True)
    assert lines[1:] == ["\x1b[32mready\x1b[0m  x", "up     y"]


def test_wide_characters_count_twice() -> None:
    assert columns_of("日本") == 4
    assert cut("日本語", 5) == "日本…"


@given(st.text())
def test_a_text_cannot_drive_the_terminal(text: str) -> None:
    assert not [char for char in clean(text) if ord(char) < 32 or 127 <= ord(char) < 160]


def test_a_line_of_output_keeps_its_colours_and_nothing_else() -> None:
    assert clean_line("\x1b[31mred\x1b[0m\x1b[2J\ta") == "\x1b[31mred\x1b[0m\ufffd[2J    a\x1b[0m"
    assert clean_line("plain\ttext\r") == "plain    text\ufffd"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (21_000_000, "20.0 MiB"), (2**30 * 150, "150 GiB"),
     (2**50, "1024.0 TiB"), (None, "-")],
)  # fmt: skip
def test_sizes(count: int | None, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3700, "1 h 1 min"),
        (7200, "2 h"),
        (90_000, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_names_and_values_stand_below_each_other() -> None:
    assert pairs([("a", "1"), ("long", "2\x1b")], coloured=False) == ["a     1", "long  2\ufffd"]
