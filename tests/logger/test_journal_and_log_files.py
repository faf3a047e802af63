"""The logger's files one by one: what is put aside, undone, and left behind by a killed logger."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from protoddfd.logger.journal import End, Held, Journal, Unfinished
from protoddfd.logger.logfile import LogFile, Position
from protoddfd.logger.stamp import count_lines, note, piece, stamped

HERE = Position(3, 7, 9, 1, 0)


def records(*texts: str) -> tuple[memoryview, int]:
    return memoryview("".join(f"{text}\n" for text in texts).encode()), len(texts)


def lines(start: int, end: int) -> tuple[memoryview, int]:
    return records(*(f"line {number}" for number in range(start, end)))


def contents(folder: Path) -> list[bytes]:
    return [
        part.read_bytes() for part in [*sorted(folder.glob("0.*.log")), folder / "0.log"] if part.exists()
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "crm"


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[int]:
    os.mkfifo(tmp_path / "fifo")
    descriptor = os.open(tmp_path / "fifo", os.O_RDWR | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def test_files_are_cut_between_records_and_numbered_in_their_order(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=20)
    log.append(*lines(0, 9))
    log.close()
    assert contents(folder) == [
        b"line 0\nline 1\n", b"line 2\nline 3\n", b"line 4\nline 5\n", b"line 6\nline 7\n", b"line 8\n",
    ]  # fmt: skip
    assert sorted(path.name for path in folder.glob("*.log"))[:2] == ["0.000001.log", "0.000002.log"]


def test_the_numbers_go_on_in_the_next_logger(folder: Path) -> None:
    for start in (0, 3):
        log = LogFile(folder, 0, max_bytes=8)
        log.append(*lines(start, start + 3))
        log.close()
    assert contents(folder) == [f"line {number}\n".encode() for number in range(6)]


def test_a_record_longer_than_a_file_may_be_is_written_whole(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=10)
    log.append(*records("a", "x" * 30, "b"))
    assert contents(folder) == [b"a\n", b"x" * 30 + b"\n", b"b\n"]
    log.close()


def test_an_unfinished_step_is_undone_over_the_files_that_it_began(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=20)
    log.append(*records("one", "two"))
    position = log.position()
    log.append(*lines(0, 9))
    assert len(contents(folder)) > 3
    log.close()
    LogFile(folder, 0, max_bytes=20).rewind(position)
    assert contents(folder) == [b"one\ntwo\n"]


def test_a_file_that_was_moved_away_is_not_undone(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=1000)
    log.append(*records("one"))
    position = log.position()
    (folder / "0.log").rename(folder / "moved")
    (folder / "0.log").write_bytes(b"other\n")
    log.close()
    LogFile(folder, 0, max_bytes=1000).rewind(position)
    assert contents(folder) == [b"other\n"]


def test_a_file_that_cannot_be_put_aside_grows_on(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=10)
    log.append(*records("first"))
    (folder / "0.000001.log").mkdir()
    log.append(*records("second", "third"))
    assert (folder / "0.log").read_bytes() == b"first\nsecond\nthird\n"
    log.close()


def test_a_log_that_cannot_be_opened_counts_what_is_lost(tmp_path: Path) -> None:
    (tmp_path / "crm").touch()
    log = LogFile(tmp_path / "crm", 0, max_bytes=100)
    log.append(*records("one", "two"))
    log.append(*records("three"))
    assert log.dropped_lines == 3


def test_lines_are_counted_once_when_their_file_is_removed(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=20)
    log.append(*lines(0, 9))
    known = log.shelf
    list(known.discard(1))
    log.close()
    found = LogFile(folder, 0, max_bytes=20).shelf
    assert (found.counts.discarded, found.counts.removed) == (2, 1)
    (folder / "0.000001.log").write_bytes(b"as if the logger had been killed before it was removed\n")
    found.look()
    assert not (folder / "0.000001.log").exists()
    assert found.last == 4
    assert found.counts.discarded == 2


def test_lines_that_another_logger_put_aside_are_counted_from_the_file(folder: Path) -> None:
    log = LogFile(folder, 0, max_bytes=10_000)
    log.append(*stamped(b"\n" + b"some line\n" * 300, "O"))
    log.close()
    log = LogFile(folder, 0, max_bytes=10_000)
    log.append(memoryview(note("a note")), 0)
    log.append(piece(b"a piece", "e", goes_on=False), 0)
    log.append(piece(b"its end Z o Z L ", "E", goes_on=True), 1)
    log.put_aside()
    found = LogFile(folder, 0, max_bytes=10_000).shelf
    found.look()
    for number in (1, 2):
        list(found.discard(number))
    assert found.counts.discarded == 301
    log.close()


def test_damaged_counts_begin_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "0.counts").write_bytes(b'{"dropped": 3, "told"')
    log = LogFile(folder, 0, max_bytes=100)
    assert log.dropped_lines == 0
    log.append(*records("one"))
    log.close()


def test_every_line_of_a_chunk_gets_a_stamp() -> None:
    found, count = stamped(b"\none\n\nthree\n", "E")
    assert [record[24:] for record in bytes(found).splitlines()] == [b" E one", b" E ", b" E three"]
    assert count == 3
    assert count_lines(bytes(found)) == 3


def test_notes_and_pieces_are_no_lines() -> None:
    text = note("1 lines dropped") + piece(b"begun", "o", goes_on=False) + piece(b"more", "o", goes_on=True)
    assert count_lines(text) == 0
    assert count_lines(text + piece(b"ended", "O", goes_on=True)) == 1


def test_a_step_that_was_not_committed_is_recovered(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "journal")
    os.write(fifo, b"new\n")
    assert journal.read(fifo, b"crm.0.out", HERE, Held(b"old ", goes_on=True)) == 8
    step, _ = Journal.recover(tmp_path / "journal")
    assert step == Unfinished("crm.0.out", HERE, b"old new\n", goes_on=True, end=None)
    journal.commit()
    assert Journal.recover(tmp_path / "journal") == (None, {})


def test_a_read_whose_length_was_not_noted_is_recovered(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "journal")
    os.write(fifo, b"a longer one that must not shine through\n")
    journal.read(fifo, b"crm.0.out", HERE, Held())
    journal.commit()
    os.write(fifo, b"new\n")
    journal.read(fifo, b"crm.0.out", HERE, Held(b"old "))
    with (tmp_path / "journal").open("r+b") as file:
        file.seek(4)
        file.write(struct.pack("<III", 1, 0, 4))  # as it was between the read and the note
    step, _ = Journal.recover(tmp_path / "journal")
    assert step is not None
    assert step.data == b"old new\n"


@pytest.mark.parametrize("end", [End.PIECE, End.LINE])
def test_the_end_of_an_unfinished_line_is_recovered(tmp_path: Path, end: End) -> None:
    journal = Journal(tmp_path / "journal")
    journal.force(b"crm.0.err", HERE, Held(b"half a line"), end)
    step, _ = Journal.recover(tmp_path / "journal")
    assert step == Unfinished("crm.0.err", HERE, b"half a line", goes_on=False, end=end)


def test_unfinished_lines_are_recovered_by_name_until_they_are_finished(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    slots = [journal.slot() for _ in range(3)]
    for slot, name in zip(slots, "abc", strict=True):
        journal.keep(slot, name.encode(), Held(name.encode() * 1000, goes_on=name == "c"))
    journal.keep(slots[1], b"b", Held())
    assert Journal.recover(tmp_path / "journal") == (
        None,
        {"a": Held(b"a" * 1000), "c": Held(b"c" * 1000, goes_on=True)},
    )
    journal.free(slots[0])
    assert journal.slot() == slots[0]


def test_what_was_left_by_another_boot_of_the_machine_is_left_alone(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "journal")
    journal.keep(journal.slot(), b"crm.0.err", Held(b"half"))
    os.write(fifo, b"new\n")
    journal.read(fifo, b"crm.0.out", HERE, Held())
    with (tmp_path / "journal").open("r+b") as file:
        file.seek(1024)
        file.write(b"f" * 36)
    assert Journal.recover(tmp_path / "journal") == (None, {})


def test_a_damaged_journal_is_left_alone(tmp_path: Path) -> None:
    for content in (b"", b"\1" * 1_000_000):
        (tmp_path / "journal").write_bytes(content)
        assert Journal.recover(tmp_path / "journal") == (None, {})


def test_without_room_for_a_journal_the_logger_works_all_the_same(tmp_path: Path, fifo: int) -> None:
    journal = Journal(tmp_path / "no-such-folder" / "journal")
    os.write(fifo, b"text\n")
    length = journal.read(fifo, b"crm.0.out", Position(), Held())
    assert journal.bytes_between(0, length) == b"text\n"
    assert journal.lines_until(length) == b"\ntext\n"
    journal.keep(journal.slot(), b"crm.0.out", Held(b"held"))
    journal.commit()
