"""The daemon reads what an app counts: at any moment, whatever became of the app, and only what is true."""

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataforms import meter as layout
from protoddfd.edge.meter import Meter, read

BUSY = """
import asyncio, sys
from dataforms.meter import Metered
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    if scope["path"] == "/stay":
        print("here", flush=True)
        await asyncio.sleep(60)
async def send(message): pass
async def ask(path):
    await meter({"type": "http", "path": path, "headers": []}, None, send)
async def forever():
    for _ in range(1000):
        await ask("/")
    print("here", flush=True)
    while True:
        await ask("/")
meter = Metered(app, sys.argv[1])
asyncio.run(ask("/stay") if sys.argv[2] == "stay" else forever())
"""


def start(path: Path, what: str) -> "subprocess.Popen[str]":
    """Start a process that counts, and return when it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(path), what], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    with process:
        process.send_signal(signal.SIGKILL)


def counted(path: Path) -> Meter:
    found = read(path)
    assert found is not None
    return found


def write(path: Path, **words: int) -> None:
    """Write what a process has left that is not there any more."""
    block = [0] * layout.BLOCK_WORDS
    block[0] = layout.MAGIC
    for name, value in words.items():
        block[getattr(layout, name)] = value
    path.write_bytes(struct.pack(f"={layout.BLOCK_WORDS}q", *block).ljust(layout.FILE_BYTES, b"\0"))


@pytest.mark.parametrize("content", [None, b"", b"x", b"\0" * 4096, b"\xff" * 4096, b"\x01" * 300])
def test_what_is_no_meter_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "meter").write_bytes(content)
    assert read(tmp_path / "meter") is None


def test_a_folder_is_no_meter(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_what_a_killed_process_had_under_way_is_over(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    process = start(path, "stay")
    found = counted(path)
    assert (found.requests, found.under_way, found.connections, found.in_use) == (1, 1, 1, True)
    end(process)
    found = counted(path)
    assert (found.requests, found.under_way, found.connections, found.in_use) == (1, 0, 0, False)
    assert found.last_used_monotonic_s is not None


def test_two_processes_are_added_up(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    processes = [start(path, "stay") for _ in range(2)]
    assert (counted(path).requests, counted(path).under_way) == (2, 2)
    for process in processes:
        end(process)


def test_it_can_be_read_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    process = start(path, "forever")
    last = counted(path)
    for _ in range(3000):
        found = counted(path)
        assert found.requests >= last.requests
        assert found.under_way in (0, 1)
        assert found.connections in (0, 1)
        assert found.latency_sum_s >= last.latency_sum_s
        last = found
    end(process)
    assert last.requests > 1000


def test_to_read_it_does_not_wake_the_app(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    process = start(path, "stay")
    asyncio.run(asyncio.sleep(0.05))  # until it has gone to sleep
    before = switches(process.pid)
    for _ in range(1000):
        counted(path)
    assert switches(process.pid) == before
    end(process)


def switches(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line for line in lines if line.startswith("voluntary_ctxt_switches"))


def test_a_time_before_this_machine_booted_is_no_use(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    write(path, REQUESTS=5, LAST_USED_NS=time.monotonic_ns() + 10**12, UNDER_WAY=3)
    found = counted(path)
    assert (found.requests, found.last_used_monotonic_s, found.under_way) == (5, None, 0)


def test_numbers_come_from_their_places(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    write(path, REQUESTS=7, ERRORS=2, EVENTS=9, LATENCY_SUM_NS=1_500_000_000, LATENCY=6, LAST_USED_NS=10**9)
    assert counted(path) == Meter(
        connections=0,
        websockets=0,
        under_way=0,
        requests=7,
        errors=2,
        events=9,
        last_used_monotonic_s=1.0,
        latency_buckets=(6, *[0] * 11),
        latency_sum_s=1.5,
    )
