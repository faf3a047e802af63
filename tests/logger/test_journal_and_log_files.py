"""The logger's files one by one: rotation, undoing, and what a killed logger leaves behind."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from protoddfd.logger.journal import Journal
from protoddfd.logger.logfile import LogFile
from protoddfd.logger.stamp import stamped


def contents(path: Path) -> list[bytes]:
    parts = sorted(path.parent.glob(path.name + ".*"), key=lambda part: -int(part.suffix[1:]))
    return [part.read_bytes() for part in [*parts, path] if part.exists()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crm" / "0.log"


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[int]:
    os.mkfifo(tmp_path / "fifo")
    descriptor = os.open(tmp_path / "fifo", os.O_RDWR | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def test_files_are_cut_between_records_and_only_so_many_are_kept(path: Path) -> None:
    log = LogFile(path, max_bytes=20, kept=2)
    log.append(b"".join(b"line %d\n" % i for i in range(9)))
    assert contents(path) == [b"line 4\nline 5\n", b"line 6\nline 7\n", b"line 8\n"]
    log.close()


def test_a_record_longer_than_a_file_may_be_is_written_whole(path: Path) -> None:
    log = LogFile(path, max_bytes=10, kept=9)
    log.append(b"a\n" + b"x" * 30 + b"\nb\n")
    assert contents(path) == [b"a\n", b"x" * 30 + b"\n", b"b\n"]
    log.close()


def test_an_unfinished_step_is_undone_over_rotations(path: Path) -> None:
    log = LogFile(path, max_bytes=20, kept=9)
    log.append(b"one\ntwo\n")
    position = log.position()
    log.append(b"".join(b"line %d\n" % i for i in range(9)))
    assert len(contents(path)) > 3
    log.close()
    again = LogFile(path, max_bytes=20, kept=9)
    again.rewind(*position)
    assert contents(path) == [b"one\ntwo\n"]


def test_a_file_that_cannot_be_put_aside_grows_on(path: Path) -> None:
    log = LogFile(path, max_bytes=10, kept=1)
    log.append(b"first\n")
    (path.parent / "0.log.1").mkdir()
    log.append(b"second\nthird\n")
    assert path.read_bytes() == b"first\nsecond\nthird\n"
    log.close()


def test_a_log_that_cannot_be_opened_counts_what_is_lost(tmp_path: Path) -> None:
    (tmp_path / "crm").touch()
    log = LogFile(tmp_path / "crm" / "0.log", max_bytes=100, kept=1)
    log.append(b"one\ntwo\n")
    assert (log.dropped_lines, log.dropped_total) == (2, 2)


def test_every_line_of_a_chunk_gets_a_stamp() -> None:
    records = bytes(stamped(b"one\n\nthree\n", "E")).splitlines()
    assert [record[24:] for record in records] == [b" E one", b" E ", b" E three"]


def test_a_step_that_was_not_committed_is_recovered(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "journal")
    os.write(fifo, b"new\n")
    assert journal.read(fifo, "crm.0.out", (7, 9), b"old ") == 8
    step, _ = Journal.recover(tmp_path / "journal")
    assert step == ("crm.0.out", 7, 9, b"old new\n", False)
    journal.commit()
    assert Journal.recover(tmp_path / "journal") == (None, {})


def test_a_read_whose_length_was_not_noted_is_recovered(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "journal")
    os.write(fifo, b"a longer one that must not shine through\n")
    journal.read(fifo, "crm.0.out", (0, 0), b"")
    journal.commit()
    os.write(fifo, b"new\n")
    journal.read(fifo, "crm.0.out", (7, 9), b"old ")
    with (tmp_path / "journal").open("r+b") as file:
        file.write(struct.pack("<III", 1, 0, 4))  # as it was between the read and the note
    step, _ = Journal.recover(tmp_path / "journal")
    assert step is not None
    assert step.data == b"old new\n"


def test_unfinished_lines_are_recovered_by_name_until_they_are_finished(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    slots = [journal.slot() for _ in range(3)]
    for slot, name in zip(slots, "abc", strict=True):
        journal.keep(slot, name, name.encode() * 1000)
    journal.keep(slots[1], "b", b"")
    assert Journal.recover(tmp_path / "journal") == (None, {"a": b"a" * 1000, "c": b"c" * 1000})
    journal.free(slots[0])
    assert journal.slot() == slots[0]


def test_without_room_for_a_journal_the_logger_works_all_the_same(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "no-such-folder" / "journal")
    os.write(fifo, b"text\n")
    length = journal.read(fifo, "crm.0.out", (0, 0), b"")
    assert journal.bytes_of(0, length) == b"text\n"
    journal.keep(journal.slot(), "crm.0.out", b"held")
    journal.commit()
