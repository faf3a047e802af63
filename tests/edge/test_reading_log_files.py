"""Log files are read from their ends, over rotated parts and several instances."""

from pathlib import Path

import pytest

from protoddfd.edge.logfiles import Record, read_log


def record(second: int, text: str, letter: str = "O") -> str:
    return f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}.000Z {letter} {text}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "logs" / "crm"
    folder.mkdir(parents=True)
    (folder / "0.log.2").write_text("".join(record(s, f"a{s}") for s in range(100)))
    (folder / "0.log.1").write_text("".join(record(s, f"a{s}" + "é" * 2000) for s in range(100, 200)))
    (folder / "0.log").write_text("".join(record(s, f"a{s}") for s in range(200, 300)))
    (folder / "1.log").write_text(record(299, "b299", "e") + record(305, "7 lines dropped", "L"))
    return tmp_path


def heads(records: list[Record]) -> list[str]:
    return [each.text[:4] for each in records]


def test_the_last_lines_come_oldest_first(home: Path) -> None:
    assert heads(read_log(home, "crm", 0, lines=3)) == ["a297", "a298", "a299"]


def test_lines_are_read_on_into_rotated_parts(home: Path) -> None:
    assert [each.text.rstrip("é") for each in read_log(home, "crm", 0, lines=1000)] == [
        f"a{s}" for s in range(300)
    ]


def test_instances_are_merged_by_time(home: Path) -> None:
    found = read_log(home, "crm", lines=4)
    assert sorted(heads(found[:3])) == ["a298", "a299", "b299"]
    assert (found[-1].stream, found[-1].instance) == ("log", 1)
    assert {each.stream for each in found if each.text == "b299"} == {"err"}


@pytest.mark.parametrize("since", ["2026-01-01T00:04:58.000Z", "2026-01-01T00:04:58Z", "2026-01-01T00:04:58"])
def test_older_records_than_asked_for_are_left_out(home: Path, since: str) -> None:
    assert heads(read_log(home, "crm", 0, since=since)) == ["a298", "a299"]


def test_only_records_with_the_text_are_found(home: Path) -> None:
    assert heads(read_log(home, "crm", match="a25", lines=3)) == ["a257", "a258", "a259"]
    assert read_log(home, "crm", match="no such text") == []


def test_an_app_without_logs_has_no_records(home: Path) -> None:
    assert read_log(home, "unknown") == []
    assert read_log(home, "crm", 7) == []


def test_lines_that_the_logger_did_not_write_and_broken_text_do_no_harm(home: Path) -> None:
    path = home / "logs" / "crm" / "0.log"
    path.write_bytes(
        b"garbage\n\n2026-01-01T00:09:00.000Z O \xff\xfe \x1b[31m\n2026-01-01T00:09:01.000Z O torn"
    )
    assert [each.text for each in read_log(home, "crm", 0, lines=2)] == ["\ufffd\ufffd \x1b[31m", "torn"]
