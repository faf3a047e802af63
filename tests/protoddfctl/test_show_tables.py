"""Text for people: what fits, what is cut, what is cleaned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfctl.show import clean, clean_line, columns_of, cut, duration, pairs, size
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
