"""Times, texts and patterns that are looked for in logs, and those that make no sense."""

import time

import pytest

from protoddfd.edge.logquery import log_query, stamp_of
from protoddfd.errors import LogQueryInvalid


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-01-01T00:04:58.1239Z", b"2026-01-01T00:04:58.123Z"),
        ("2026-01-01T01:04:58+01:00", b"2026-01-01T00:04:58.000Z"),
        ("2026-01-01 00:04", b"2026-01-01T00:04:00.000Z"),
        ("2026-01-01", b"2026-01-01T00:00:00.000Z"),
        ("1767225898.5", b"2026-01-01T00:04:58.500Z"),
        (" 0 ", b"1970-01-01T00:00:00.000Z"),
        ("-1", b"1969-12-31T23:59:59.000Z"),
    ],
)
def test_times_are_iso_8601_or_unix_seconds(text: str, stamp: bytes) -> None:
    assert stamp_of("since", text) == stamp


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01", "99999999999999", "1e9", "nan", "-inf", "0001-01-01T00:00+14:00", "١"],
)
def test_other_times_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(LogQueryInvalid, match="until is no time") as caught:
        log_query(until=text)
    assert "2026-11-22T20:00:00Z" in caught.value.hint


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(LogQueryInvalid, match="no line"):
        log_query(since="2026-01-02", until="2026-01-01")


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", "*", "a{1001}", "(?P<x", "x" * 5000])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(LogQueryInvalid, match="pattern"):
        log_query(pattern=pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){20}", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    query = log_query(pattern=pattern)
    begun = time.process_time()
    query.finds(b"a" * 50_000 + b"!")
    assert time.process_time() - begun < 5


def test_a_block_is_passed_over_only_when_it_has_nothing() -> None:
    block = b"2026-01-01T00:04:58.000Z O some text\n2026-01-01T00:04:59.000Z E other\n"
    assert log_query(match="text").may_find(block)
    assert not log_query(match="texts").may_find(block)
    assert log_query(pattern="t[e]xt").may_find(block)
    assert not log_query(pattern="text.E").may_find(block)
    assert log_query(pattern="^other").may_find(block)
    assert log_query(match="beginning", pattern="b").may_find(block + b"2026-01-01T00:04:59.000Z e begin\n")
