"""Log files are read from their ends, over all files of all instances, and no more than needed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from protoddfd.edge.logfiles import ANSWER_MAX, read_counts, read_log
from protoddfd.edge.logger_client import LogCounts
from protoddfd.edge.logparts import LogPosition
from protoddfd.edge.logquery import log_query
from protoddfd.wire.results import LogRecord

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def stamp(second: float) -> str:
    return f"{(BEGIN + timedelta(seconds=second)).isoformat(timespec='milliseconds')[:23]}Z"


def record(second: float, text: str, letter: str = "O", mark: str = " ") -> str:
    return f"{stamp(second)} {letter}{mark}{text}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    (folder / "0.000008.log").write_text("".join(record(s, f"a{s}") for s in range(100)))
    (folder / "0.000009.log").write_text(
        "".join(record(s, f"a{s}" + "é" * 2000) for s in range(100, 200)), encoding="utf-8"
    )
    (folder / "0.log").write_text("".join(record(s, f"a{s}") for s in range(200, 300)))
    (folder / "1.log").write_text(record(299, "b299", "E") + record(305, "7 lines dropped", "L"))
    (folder / "0.counts").write_text('{"dropped": 7, "told": 7, "discarded": 30, "removed": 7}' + " " * 99)
    (folder / "1.counts").write_text('{"dropped": 1, "told": 0, "discarded": 2, "removed": 1}')
    return tmp_path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten files of 10,000 records each, one a second."""
    home = tmp_path_factory.mktemp("large")
    folder = home / "logs" / "big"
    folder.mkdir(parents=True)
    seconds = iter(range(100_000))
    for number in range(1, 11):
        name = f"0.{number:06d}.log" if number < 10 else "0.log"
        (folder / name).write_text("".join(record(s, f"n{s}" + "." * 60) for s in islice(seconds, 10_000)))
    return home


def heads(records: list[LogRecord]) -> list[str]:
    return [each.text[:4] for each in records]


def bytes_read(what: Callable[[], object]) -> int:
    """Return how many bytes this process read from files meanwhile."""

    def rchar() -> int:
        return int(Path("/proc/self/io").read_text().split()[1])

    before = rchar()
    what()
    return rchar() - before


def test_the_last_lines_come_oldest_first(home: Path) -> None:
    assert heads(read_log(home, "crm", 0, lines=3)) == ["a297", "a298", "a299"]
    assert read_log(home, "crm", 0, lines=0) == []


def test_lines_are_read_on_into_the_files_that_were_put_aside(home: Path) -> None:
    assert [each.text.rstrip("é") for each in read_log(home, "crm", 0, lines=1000)] == [
        f"a{s}" for s in range(300)
    ]


def test_a_removed_file_in_between_hides_no_older_one(home: Path) -> None:
    (home / "logs" / "crm" / "0.000009.log").unlink()
    assert len(read_log(home, "crm", 0, lines=1000)) == 200


def test_instances_are_merged_by_time(home: Path) -> None:
    found = read_log(home, "crm", lines=4)
    assert sorted(heads(found[:3])) == ["a298", "a299", "b299"]
    assert (found[-1].stream, found[-1].instance) == ("log", 1)
    assert {each.stream for each in found if each.text == "b299"} == {"err"}
    assert {each.instance for each in read_log(home, "crm", 1)} == {1}


@pytest.mark.parametrize(
    "since", ["2026-01-01T00:04:58.000Z", "2026-01-01T00:04:58", "2026-01-01T01:04:58+01:00"]
)
def test_older_records_than_asked_for_are_left_out(home: Path, since: str) -> None:
    assert heads(read_log(home, "crm", 0, query=log_query(since=since))) == ["a298", "a299"]


def test_later_records_than_asked_for_are_left_out(home: Path) -> None:
    query = log_query(since=stamp(98), until=stamp(101.5))
    assert heads(read_log(home, "crm", query=query)) == ["a98", "a99", "a100", "a101"]
    assert read_log(home, "crm", query=log_query(until=stamp(-1))) == []
    assert read_log(home, "crm", query=log_query(since=stamp(999))) == []


def test_only_records_with_the_text_are_found(home: Path) -> None:
    assert heads(read_log(home, "crm", query=log_query(match="a25"), lines=3)) == ["a257", "a258", "a259"]
    assert read_log(home, "crm", query=log_query(match="no such text")) == []
    assert len(read_log(home, "crm", query=log_query(match="é"), lines=1000)) == 100


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"a25[37]", ["a253", "a257"]),
        (r"^a25[37]$", ["a253", "a257"]),
        (r"(?i)^A25[37]", ["a253", "a257"]),
        (r"\bb2\d+$", ["b299"]),
        (r"^2026", []),
        (r"a0\na1", []),
        (r"[^a]s dropped", ["7 li"]),
    ],
)
def test_only_records_in_which_the_pattern_is_found(home: Path, pattern: str, found: list[str]) -> None:
    assert heads(read_log(home, "crm", query=log_query(pattern=pattern), lines=1000)) == found


def test_a_pattern_and_a_text_and_times_all_hold(home: Path) -> None:
    query = log_query(match="a2", pattern="5$", since=stamp(250), until=stamp(290))
    assert heads(read_log(home, "crm", query=query)) == ["a255", "a265", "a275", "a285"]


def test_the_last_lines_of_a_long_log_cost_little(large: Path) -> None:
    assert bytes_read(lambda: read_log(large, "big", lines=100)) < 200_000


def test_a_time_in_the_past_is_found_without_reading_all_files(large: Path) -> None:
    found: list[LogRecord] = []
    query = log_query(since=stamp(43_456), until=stamp(43_470))
    spent = bytes_read(lambda: found.extend(read_log(large, "big", query=query)))
    assert [each.text.rstrip(".") for each in found] == [f"n{s}" for s in range(43_456, 43_471)]
    assert spent < 500_000
    assert sum(path.stat().st_size for path in (large / "logs" / "big").iterdir()) > 9_000_000


def test_a_search_ends_when_nobody_waits_for_it_any_more(large: Path) -> None:
    looks = iter(range(1000))
    query = log_query(match="no such text")
    spent = bytes_read(lambda: read_log(large, "big", query=query, stopped=lambda: next(looks) > 3))
    assert spent < 500_000


def test_an_answer_is_bounded_whatever_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    (folder / "0.log").write_text("".join(record(s, f"{s:03d}" + "x" * 250_000) for s in range(100)))
    found = read_log(tmp_path, "crm", lines=100_000)
    assert ANSWER_MAX - 500_000 < sum(len(each.text) for each in found) <= ANSWER_MAX
    assert found[-1].text.startswith("099")


def test_the_reading_can_begin_at_a_place_in_the_past(home: Path) -> None:
    older = home / "logs" / "crm" / "0.000009.log"
    place = LogPosition(0, older.stat().st_ino, older.read_bytes().index(stamp(103).encode()))
    assert heads(read_log(home, "crm", start=[place], lines=4)) == ["a99", "a100", "a101", "a102"]
    gone = LogPosition(0, 1, 100)
    assert read_log(home, "crm", start=[gone]) == []


def test_an_app_without_logs_has_no_records(home: Path) -> None:
    assert read_log(home, "unknown") == []
    assert read_log(home, "crm", 7) == []
    assert read_counts(home, "unknown") == LogCounts()


def test_what_is_missing_is_counted_over_all_instances(home: Path) -> None:
    assert read_counts(home, "crm") == LogCounts(dropped=8, discarded=32)
    (home / "logs" / "crm" / "2.counts").write_text("damaged")
    assert read_counts(home, "crm") == LogCounts(dropped=8, discarded=32)


def test_lines_that_the_logger_did_not_write_and_broken_text_do_no_harm(home: Path) -> None:
    path = home / "logs" / "crm" / "0.log"
    path.write_bytes(
        b"garbage\n\n2026-01-01T00:09:00.000Z O \xff\xfe \x1b[31m\n2026-01-01T00:09:01.000Z X x\n"
        b"2026-01-01T00:09:01.000Z O \n2026-01-01T00:09:02.000Z O being written"
    )
    assert [each.text for each in read_log(home, "crm", 0, lines=2)] == ["\ufffd\ufffd \x1b[31m", ""]


def test_a_file_without_a_newline_is_read_in_bounded_memory(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    (folder / "0.log").write_bytes(record(1, "first").encode() + b"\0" * 5_000_000)
    assert heads(read_log(tmp_path, "crm")) == ["firs"]
    (folder / "0.log").write_bytes(b"\0" * 5_000_000 + b"\n" + record(1, "last").encode())
    assert heads(read_log(tmp_path, "crm")) == ["last"]


# Pieces ------------------------------------------------------------------------------------------------


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    half = "x" * 40_000
    (folder / "0.000001.log").write_text(
        record(1, "whole") + record(2, f"begin{half}", "o") + record(3, "error 1", "E")
    )
    (folder / "0.log").write_text(
        record(4, half, "o", "+")
        + record(5, "error 2, ", "e")
        + record(6, f"{half}end", "O", "+")
        + record(7, "and more", "E", "+")
        + record(8, "Password: ", "o")
    )
    return tmp_path


def test_pieces_are_put_together_over_files_and_other_records(cut: Path) -> None:
    found = [(each.time, each.stream, each.text.replace("x" * 40_000, "|")) for each in read_log(cut, "crm")]
    assert found == [
        (stamp(1), "out", "whole"),
        (stamp(2), "out", "begin|||end"),
        (stamp(3), "err", "error 1"),
        (stamp(5), "err", "error 2, and more"),
        (stamp(8), "out", "Password: "),
    ]


def test_a_text_is_found_across_pieces(cut: Path) -> None:
    assert heads(read_log(cut, "crm", query=log_query(match="2, and"))) == ["erro"]
    assert heads(read_log(cut, "crm", query=log_query(pattern="begin.*end"))) == ["begi"]


def test_pieces_whose_beginning_was_removed_are_shown(cut: Path) -> None:
    (cut / "logs" / "crm" / "0.000001.log").unlink()
    found = read_log(cut, "crm")
    assert (found[0].time, len(found[0].text)) == (stamp(4), 80_003)
    assert len(found) == 3


def test_a_piece_whose_program_ended_stands_alone(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    (folder / "0.log").write_text(
        record(1, "last wor", "o") + record(2, "started") + record(3, "rest", "O", "+")
    )
    assert [each.text for each in read_log(tmp_path, "crm")] == ["last wor", "started", "rest"]


def test_a_line_without_end_is_put_together_up_to_a_bound(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    pieces = [record(n, "x" * 65_536, "o", "+" if n else " ") for n in range(40)]
    (folder / "0.log").write_text("".join(pieces))
    found = read_log(tmp_path, "crm")
    assert sum(len(each.text) for each in found) == 40 * 65_536
    assert max(len(each.text) for each in found) == 1024 * 1024


def test_reading_leaves_no_file_open(home: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for lines in (1, 150, 1000):
        read_log(home, "crm", lines=lines)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
