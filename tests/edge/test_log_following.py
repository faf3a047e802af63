"""Logs are followed over files that are put aside and removed, new instances and cut lines."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from logger_harness import FREE, Logger, ended, files, program, running, spew, spewed, texts

from protoddfd.edge.logfiles import read_log
from protoddfd.edge.logfollow import LogFollower
from protoddfd.edge.logquery import log_query
from protoddfd.logger.messages import Limits
from protoddfd.wire.results import LogRecord

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

LIMIT_S = 20.0


def record(second: int, text: str, letter: str = "O", mark: str = " ") -> bytes:
    return f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}.000Z {letter}{mark}{text}\n".encode()


class Log:
    """A log that the test writes, as the logger does."""

    def __init__(self, home: Path, slot: int = 0) -> None:
        self.folder = home / "logs" / "crm"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.slot = slot
        self.last = 0
        self.path = self.folder / f"{slot}.log"
        self.path.touch()

    def write(self, *records: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(records))

    def put_aside(self) -> None:
        self.last += 1
        self.path.rename(self.folder / f"{self.slot}.{self.last:06d}.log")
        self.path.touch()

    def remove(self, sequence: int) -> None:
        (self.folder / f"{self.slot}.counts").write_text(f'{{"removed": {sequence}}}')
        (self.folder / f"{self.slot}.{sequence:06d}.log").unlink()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def some(records: AsyncIterator[LogRecord], count: int) -> list[str]:
    """Return the texts of the next records."""
    async with asyncio.timeout(LIMIT_S):
        return [(await anext(records)).text for _ in range(count)]


async def test_what_was_written_before_is_left_out(tmp_path: Path, log: Log) -> None:
    log.write(record(1, "before"))
    follower = LogFollower(tmp_path, "crm")
    log.write(record(2, "after"), record(3, "then"))
    assert await some(follower.records(), 2) == ["after", "then"]
    follower.close()


async def test_reading_ends_where_following_begins(tmp_path: Path, log: Log) -> None:
    log.write(record(1, "one"), record(2, "two"))
    with log.path.open("ab") as file:
        file.write(record(3, "three")[:-3])
        file.flush()
        follower = LogFollower(tmp_path, "crm")
        file.write(record(3, "three")[-3:])
    log.put_aside()
    log.write(record(4, "four"))
    assert [each.text for each in read_log(tmp_path, "crm", start=follower.start)] == ["one", "two"]
    assert await some(follower.records(), 2) == ["three", "four"]
    follower.close()


async def test_files_are_followed_in_their_order_however_many_were_put_aside(
    tmp_path: Path, log: Log
) -> None:
    follower = LogFollower(tmp_path, "crm")
    for number in range(20):
        log.write(record(number, f"n{number}"), record(number, f"m{number}"))
        log.put_aside()
    log.write(record(20, "last"))
    expected = [text for number in range(20) for text in (f"n{number}", f"m{number}")]
    records = follower.records()
    assert await some(records, 41) == [*expected, "last"]
    log.put_aside()
    log.write(record(21, "more"))
    assert await some(records, 1) == ["more"]
    follower.close()


async def test_who_is_slower_than_the_removing_is_told_so_and_goes_on(tmp_path: Path, log: Log) -> None:
    log.write(record(0, "seen before"))
    follower = LogFollower(tmp_path, "crm")
    for number in range(5):
        log.write(record(number, f"n{number}"))
        log.put_aside()
    for number in (1, 2, 3):
        log.remove(number)
    found = await some(follower.records(), 3)
    assert found[0] == "n0"  # its file is gone and was open
    assert "lines are missing here" in found[1]
    assert found[2] == "n3"
    follower.close()


async def test_new_instances_are_followed_from_their_first_line(tmp_path: Path, log: Log) -> None:
    follower = LogFollower(tmp_path, "crm")
    records = follower.records()
    log.write(record(1, "zero"))
    assert await some(records, 1) == ["zero"]
    one = Log(tmp_path, 1)
    one.write(record(2, "first of one"))
    one.put_aside()
    one.write(record(3, "second of one"))
    assert await some(records, 2) == ["first of one", "second of one"]
    log.write(record(4, "zero again"))
    assert await some(records, 1) == ["zero again"]
    follower.close()


async def test_an_app_that_has_not_written_yet_is_followed(tmp_path: Path) -> None:
    follower = LogFollower(tmp_path, "crm")
    Log(tmp_path).write(record(1, "first words"))
    assert await some(follower.records(), 1) == ["first words"]
    follower.close()


async def test_only_what_is_asked_for_is_followed(tmp_path: Path, log: Log) -> None:
    other = Log(tmp_path, 1)
    query = log_query(match="a", pattern=r"\d$", since="2026-01-01T00:00:05Z")
    follower = LogFollower(tmp_path, "crm", query, slot=1)
    log.write(record(9, "a1"))
    other.write(record(4, "a1"), record(5, "b2"), record(6, "a3"), record(7, "a"), record(8, "a4"))
    assert await some(follower.records(), 2) == ["a3", "a4"]
    follower.close()


async def test_pieces_are_put_together_and_shown_alone_when_nothing_follows(tmp_path: Path, log: Log) -> None:
    follower = LogFollower(tmp_path, "crm")
    records = follower.records()
    log.write(record(1, "be", "o"), record(2, "error", "E"), record(3, "gi", "o", "+"))
    assert await some(records, 1) == ["error"]
    log.put_aside()
    log.write(record(4, "n", "O", "+"), record(5, "Password: ", "e"))
    assert await some(records, 2) == ["begin", "Password: "]
    log.write(record(6, "secret", "E", "+"))
    assert await some(records, 1) == ["secret"]
    follower.close()


async def test_a_file_that_somebody_removed_is_not_followed_by_older_ones(tmp_path: Path, log: Log) -> None:
    for number in range(3):
        log.write(record(number, f"old{number}"))
        log.put_aside()
    follower = LogFollower(tmp_path, "crm")
    records = follower.records()
    log.write(record(4, "a"))
    assert await some(records, 1) == ["a"]
    log.path.unlink()
    log.path.touch()
    log.write(record(5, "b"))
    assert await some(records, 1) == ["b"]
    follower.close()


async def test_between_two_files_a_follower_waits(tmp_path: Path, log: Log) -> None:
    follower = LogFollower(tmp_path, "crm")
    records = follower.records()
    log.write(record(1, "a"))
    log.put_aside()
    log.path.unlink()
    assert await some(records, 1) == ["a"]
    nothing = asyncio.ensure_future(anext(records))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(nothing), 0.5)
    log.write(record(2, "b"))
    assert (await nothing).text == "b"
    follower.close()


async def test_a_long_record_is_followed(tmp_path: Path, log: Log) -> None:
    follower = LogFollower(tmp_path, "crm")
    log.write(record(1, "x" * 400_000), record(2, "next"))
    assert [len(text) for text in await some(follower.records(), 2)] == [400_000, 4]
    follower.close()


async def test_a_follower_that_fetches_nothing_holds_nothing(tmp_path: Path, log: Log) -> None:
    follower = LogFollower(tmp_path, "crm")
    records = follower.records()
    log.write(record(0, "first"))
    await some(records, 1)
    for number in range(50):
        log.write(*(record(number, "y" * 1000) for _ in range(100)))
        log.put_aside()
    descriptors = open_files()
    assert len(await some(records, 5000)) == 5000
    assert open_files() == descriptors
    follower.close()


async def test_nothing_stays_open_when_following_ends(tmp_path: Path, log: Log) -> None:
    before = open_files()
    begun, untouched = LogFollower(tmp_path, "crm"), LogFollower(tmp_path, "crm")
    log.write(record(1, "a"))
    records = begun.records()
    await some(records, 1)
    await records.aclose()
    untouched.close()
    assert open_files() == before


@pytest.mark.e2e
async def test_a_flood_is_followed_over_many_files_and_kills_of_the_logger(tmp_path: Path) -> None:
    lines = 60_000
    async with running(tmp_path, FREE._replace(max_bytes=300_000)) as logger:
        fifos = await logger.client.add("crm", 0)
        follower = LogFollower(tmp_path, "crm")
        records = follower.records()
        with program(fifos):
            writer = await spew(fifos, lines, "w")
            found: list[str] = []
            for _ in range(4):
                found += await some(records, 10_000)
                await logger.kill()
            found += await some(records, lines - len(found))
            assert await ended(writer) == 0
        follower.close()
        assert len(files(tmp_path)) > 20
    assert [text.encode() for text in found] == spewed(lines, "w")


@pytest.mark.e2e
async def test_a_follower_of_a_flood_that_is_removed_at_once_sees_the_end(tmp_path: Path) -> None:
    async with running(tmp_path, Limits(20_000, 1, 0, 0)) as logger:
        fifos = await logger.client.add("crm", 0)
        follower = LogFollower(tmp_path, "crm")
        assert await ended(await spew(fifos, 20_000, "w")) == 0
        await logger.client.flush()
        last = await end_of(follower, logger)
        assert last == texts(tmp_path)[-1].decode()
        follower.close()


async def end_of(follower: LogFollower, logger: Logger) -> str:
    last = texts(logger.home)[-1].decode()
    async with asyncio.timeout(LIMIT_S):
        async for found in follower.records():
            if found.text == last:
                return found.text
    return ""
