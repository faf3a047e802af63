"""The logger's loop turn by turn: who gets how much, and when it sleeps. No time is measured."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from protoddfd.logger.journal import CHUNK
from protoddfd.logger.messages import Limits
from protoddfd.logger.service import SWEEP_S, TICK_S, Service

pytestmark = pytest.mark.e2e

SLOW = 200
LIMITS = Limits(max_bytes=500_000, kept=2, max_age_s=0, quota_bytes=0)


class Home:
    """A loop in this process, and the programs' ends of its FIFOs."""

    def __init__(self, path: Path, names: list[str]) -> None:
        self.path = path
        folder = path / "run" / "log"
        folder.mkdir(parents=True)
        self.ends: dict[str, int] = {}
        for name in names:
            for kind in ("out", "err"):
                os.mkfifo(folder / f"{name}.0.{kind}", 0o600)
            self.ends[name] = os.open(folder / f"{name}.0.out", os.O_RDWR | os.O_NONBLOCK)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"\0{path}"[-100:])
        listener.listen()
        self.service = Service(path, listener, LIMITS)
        self.listener = listener

    def fill(self, name: str) -> int:
        """Write whole lines into a FIFO until it is full; return how many bytes."""
        done = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                done += os.write(self.ends[name], b"x" * 99 + b"\n")
        return done

    def log(self, name: str) -> bytes:
        path = self.path / "logs" / name / "0.log"
        return path.read_bytes() if path.exists() else b""

    def close(self) -> None:
        for end in self.ends.values():
            os.close(end)
        self.listener.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path, ["flood", *(f"slow{number}" for number in range(SLOW))])
    yield home
    home.service.close()
    home.close()


def test_a_flood_takes_one_chunk_a_turn_and_slow_writers_come_in_the_same_turn(home: Home) -> None:
    home.fill("flood")
    home.service.turn(0)  # the FIFO of the flood gets larger
    for lap in range(5):
        home.fill("flood")
        for number in range(SLOW):
            os.write(home.ends[f"slow{number}"], f"lap {lap}\n".encode())
        written = len(home.log("flood"))
        home.service.turn(0)
        last = [home.log(f"slow{number}").splitlines()[-1][27:] for number in range(SLOW)]
        assert last == [f"lap {lap}".encode()] * SLOW
        assert len(home.log("flood")) - written <= CHUNK * 127 // 100 + 200


def test_several_floods_take_turns(home: Home) -> None:
    floods = ["flood", "slow0", "slow1"]
    for _ in range(2):
        for name in floods:
            home.fill(name)
        home.service.turn(0)
    before = {name: len(home.log(name)) for name in floods}
    for name in floods:
        home.fill(name)
    home.service.turn(0)
    gained = {len(home.log(name)) - before[name] for name in floods}
    assert len(gained) == 1
    assert gained != {0}


def test_files_are_removed_between_the_turns_of_a_flood(home: Home) -> None:
    for _ in range(40):
        home.fill("flood")
        home.service.turn(0)
    assert len(list((home.path / "logs" / "flood").glob("0.*.log"))) <= LIMITS.kept + 1


def test_an_idle_logger_sleeps_until_the_next_look_at_all_files(home: Home) -> None:
    os.write(home.ends["slow0"], b"a line\n")
    home.service.turn(0)
    assert home.service.patience_s() > TICK_S
    home.service.look_at_all_files()
    turns = 0
    while home.service.patience_s() == 0:
        home.service.turn(0)
        turns += 1
    assert 0 < turns < 10
    assert SWEEP_S / 2 < home.service.patience_s() <= SWEEP_S
    assert SWEEP_S >= 60


def test_an_unfinished_line_keeps_the_logger_awake_until_it_is_written(home: Home) -> None:
    os.write(home.ends["slow0"], b"half a line")
    home.service.turn(0)
    assert 0 < home.service.patience_s() <= TICK_S
    os.write(home.ends["slow0"], b", and the rest\n")
    home.service.turn(0)
    home.service.turn(TICK_S)
    assert home.service.patience_s() > TICK_S
    assert home.log("slow0")[27:] == b"half a line, and the rest\n"
