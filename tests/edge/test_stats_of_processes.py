"""What processes use, read from real ones."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from protoddfd.edge import stats

TREE = """
import subprocess, sys, threading
done = threading.Event()
started = threading.Semaphore(0)
children = []
def parent(*command):
    children.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    started.release()
    done.wait()
for command in (["sleep", "1000"], ["sh", "-c", "sleep 1000 & wait"]):
    threading.Thread(target=parent, args=command, daemon=True).start()
    started.acquire()
sys.stdout.write(" ".join(str(child.pid) for child in children) + "\\n")
sys.stdout.flush()
sys.stdin.read()
"""
"""A program with three threads, two of which have made a child; one of these makes another."""

BURNS = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.6: pass"], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stdout.write(f"{used.ru_utime + used.ru_stime}\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@contextlib.contextmanager
def program(text: str) -> Iterator[tuple[int, str]]:
    """Run a Python program and all that it starts until it is done with; yield its number and first line."""
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.pid, process.stdout.readline()
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def gone() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def until(number: int, pid: int) -> list[int]:
    """Return the family of `pid` when it has so many members: a shell takes a moment to start its own."""
    end = time.monotonic() + 10
    while len(found := stats.descendants(pid)) < number:
        assert time.monotonic() < end, found
    return found


def test_processor_time_is_that_of_the_process_itself() -> None:
    before = time.process_time()
    found = stats.cpu_seconds(os.getpid())
    assert found is not None
    assert before <= found <= time.process_time()


def test_another_process_can_be_read_too() -> None:
    with program("import time\nwhile time.process_time() < 0.1: pass\nprint(flush=True);input()") as (pid, _):
        found = stats.cpu_seconds(pid)
    assert found is not None
    assert found >= 0.1


@pytest.mark.e2e
def test_what_a_child_used_that_was_waited_for_counts_in_the_family() -> None:
    with program(BURNS) as (pid, line):
        alone, family = stats.cpu_seconds(pid), stats.family_cpu_seconds(stats.descendants(pid))
    assert alone is not None
    assert family is not None
    assert alone < float(line) < family + 0.05  # it is told in hundredths


def test_a_family_has_children_of_every_thread_and_their_children() -> None:
    with program(TREE) as (pid, line):
        found = until(4, pid)
        assert found[0] == pid
        assert set(map(int, line.split())) < set(found)
        assert len(found) == 4
        whole = stats.usage(pid, family=True)
        alone = stats.usage(pid, family=False)
        assert whole is not None
        assert alone is not None
        assert (whole.processes, alone.processes) == (4, 1)
        assert (whole.threads, alone.threads) == (6, 3)
        assert whole.rss_bytes > alone.rss_bytes
        assert (stats.family_rss_bytes(pid) or 0) > (stats.rss_bytes(pid) or 0) > 0
        assert whole.open_files is not None
        assert alone.open_files is not None
        assert whole.open_files > alone.open_files
        assert (stats.family_pss_bytes(pid) or 0) > (stats.pss_bytes(pid) or 0) > 0


def test_shared_memory_counts_in_part() -> None:
    rss, pss = stats.rss_bytes(os.getpid()), stats.pss_bytes(os.getpid())
    assert rss is not None
    assert pss is not None
    assert 0 < pss <= rss


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = stats.open_files(os.getpid())
    assert before is not None
    with contextlib.ExitStack() as files:
        for number in range(20):
            files.enter_context((tmp_path / str(number)).open("w"))
        assert stats.open_files(os.getpid()) == before + 20
    assert stats.open_files(os.getpid()) == before


def test_open_files_are_counted_where_the_kernel_does_not_say_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = stats.open_files(os.getpid())
    empty = os.stat_result([0] * 10)
    monkeypatch.setattr(os, "stat", lambda path: empty)
    listed = stats.open_files(os.getpid())
    assert told is not None
    assert listed is not None
    assert listed - told in (0, 1)  # the listing itself takes a descriptor


def test_threads_are_counted() -> None:
    before = stats.threads(os.getpid())
    assert before is not None
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    during = stats.threads(os.getpid())
    done.set()
    thread.join()
    assert during == before + 1


def test_storage_is_counted() -> None:
    found = stats.io_bytes(os.getpid())
    assert found is not None
    assert found.read_bytes >= 0
    assert found.written_bytes >= 0


def test_a_strange_name_of_a_process_confuses_nothing() -> None:
    rename = "import ctypes,sys;ctypes.CDLL(None).prctl(15, b') S 1 2 (');print(flush=True);input()"
    with program(rename) as (pid, _):
        assert stats.ancestors(pid)[0] == os.getpid()
        assert stats.family_cpu_seconds([pid]) is not None


def test_of_a_process_that_has_ended_nothing_is_known() -> None:
    pid = gone()
    assert stats.usage(pid, family=False) is None
    assert stats.usage(pid, family=True) is None
    assert stats.cpu_seconds(pid) is None
    assert stats.family_cpu_seconds([pid]) is None
    assert stats.rss_bytes(pid) is None
    assert stats.family_rss_bytes(pid) is None
    assert stats.pss_bytes(pid) is None
    assert stats.family_pss_bytes(pid) is None
    assert stats.open_files(pid) is None
    assert stats.threads(pid) is None
    assert stats.io_bytes(pid) is None
    assert stats.descendants(pid) == [pid]
    assert stats.ancestors(pid) == []


def test_a_member_of_the_family_that_has_ended_meanwhile_counts_nothing() -> None:
    own = stats.family_cpu_seconds([os.getpid()])
    assert own is not None
    with_gone = stats.family_cpu_seconds([os.getpid(), gone()])
    assert with_gone is not None
    assert with_gone - own < 1.0
