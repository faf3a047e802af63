"""Lines come out of bytes the same, however the bytes were cut."""

from hypothesis import given
from hypothesis import strategies as st

from protoddfd.rpc.framing import Lines


def fed(*pieces: bytes, limit: int = 10) -> list[bytes | None]:
    lines = Lines(limit)
    found = [line for piece in pieces for line in lines.feed(piece)]
    return [line if line is None else line.rstrip(b"\n") for line in [*found, *lines.end()]]


def test_a_line_that_arrives_whole_comes_out_whole() -> None:
    assert fed(b"abc\n") == [b"abc"]


def test_several_lines_in_one_piece_come_out_in_order() -> None:
    assert fed(b"a\nb\nc\n") == [b"a", b"b", b"c"]


def test_a_line_may_come_byte_by_byte() -> None:
    assert fed(*(bytes([byte]) for byte in b"abc\nde\n")) == [b"abc", b"de"]


def test_blank_lines_are_dropped() -> None:
    assert fed(b"\n", b" \t\r\n", b"\n\na\n\n") == [b"a"]


def test_the_last_line_needs_no_newline() -> None:
    assert fed(b"a\nb") == [b"a", b"b"]


def test_a_line_of_exactly_the_limit_is_allowed() -> None:
    assert fed(b"x" * 10 + b"\n") == [b"x" * 10]


def test_an_oversized_line_is_reported_once_and_the_next_one_is_read() -> None:
    for pieces in ([b"x" * 11 + b"\nok\n"], [b"x" * 6] * 9 + [b"xx\nok\n"], [b"x" * 11, b"\n", b"ok\n"]):
        assert fed(*pieces) == [None, b"ok"]


def test_an_oversized_line_is_not_kept() -> None:
    lines = Lines(10)
    for _ in range(1000):
        lines.feed(b"x" * 1000)
    assert lines.unfinished
    assert lines.end() == []


@given(st.lists(st.binary(max_size=30)), st.integers(min_value=0, max_value=20))
def test_how_bytes_are_cut_changes_nothing(pieces: list[bytes], limit: int) -> None:
    whole = b"".join(pieces)
    assert (
        fed(*pieces, limit=limit)
        == fed(whole, limit=limit)
        == fed(*(bytes([byte]) for byte in whole), limit=limit)
    )


@given(st.binary())
def test_lines_are_what_stands_between_newlines(data: bytes) -> None:
    assert fed(data, limit=1000) == [line for line in data.split(b"\n") if line.strip()]
