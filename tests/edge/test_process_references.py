"""Processes are signalled and awaited only when they are the ones meant."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from protoddfd.edge.process import ProcessGone, ProcessRef, start_time

LIMIT_S = 10.0


@contextlib.contextmanager
def sleeper(**options: bool) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"], **options) as process:  # type: ignore[call-overload]  # bool options only
        try:
            yield process
        finally:
            process.kill()


def reference(pid: int) -> ProcessRef:
    started = start_time(pid)
    assert started is not None
    return ProcessRef(pid, started)


def test_a_start_time_is_told_apart_from_a_strange_process_name() -> None:
    script = (
        "import setproctitle,sys; setproctitle.setproctitle(') S 1 1 (');"
        "sys.stdout.write('x');sys.stdout.flush();sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        own = start_time(os.getpid())
        other = start_time(process.pid)
        process.communicate()
    assert own is not None
    assert other is not None
    assert other >= own


def test_another_start_time_means_another_process() -> None:
    with sleeper() as process:
        started = start_time(process.pid)
        assert started is not None
        with pytest.raises(ProcessGone):
            ProcessRef(process.pid, started + 1)
        assert process.poll() is None


def test_a_process_that_has_ended_cannot_be_referred_to() -> None:
    with sleeper() as process:
        started = start_time(process.pid)
    assert started is not None
    assert start_time(process.pid) is None
    with pytest.raises(ProcessGone):
        ProcessRef(process.pid, started)


def test_a_signal_reaches_the_process_and_none_after_its_end() -> None:
    with sleeper() as process:
        ref = reference(process.pid)
        ref.send(signal.SIGTERM)
        assert process.wait(LIMIT_S) == -signal.SIGTERM
        assert not ref.alive
        for send in (ref.send, ref.send_group):
            with pytest.raises(ProcessGone):
                send(signal.SIGTERM)
        ref.close()
        ref.close()
        with pytest.raises(ProcessGone):
            ref.send(signal.SIGTERM)


def test_a_group_is_signalled_when_the_process_leads_it() -> None:
    command = ["sh", "-c", "sleep 1000 & echo $!; wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        member = reference(int(leader.stdout.readline()))
        ref = reference(leader.pid)
        ref.send_group(signal.SIGKILL)
        assert leader.wait(LIMIT_S) == -signal.SIGKILL
        ref.close()
        leader.stdout.read()  # ends when the member, who has it too, has ended
        member.close()


def test_a_process_that_leads_no_group_is_signalled_alone() -> None:
    with sleeper() as process:  # in this test's own group: signalling that would end the tests
        ref = reference(process.pid)
        ref.send_group(signal.SIGTERM)
        assert process.wait(LIMIT_S) == -signal.SIGTERM
        ref.close()


@pytest.mark.anyio
async def test_several_tasks_can_wait_for_the_end() -> None:
    with sleeper() as process:
        ref = reference(process.pid)
        waiting = [asyncio.create_task(ref.exited()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        ref.send(signal.SIGKILL)
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*waiting[1:])
            await ref.exited()
        ref.close()


@pytest.mark.anyio
async def test_closing_ends_the_wait() -> None:
    with sleeper() as process:
        ref = reference(process.pid)
        waiting = asyncio.create_task(ref.exited())
        await asyncio.sleep(0)
        ref.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting


def test_a_thread_is_no_process() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert thread.native_id is not None
        started = start_time(thread.native_id)
        assert started is not None
        with pytest.raises(ProcessGone):
            ProcessRef(thread.native_id, started)
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("pid", [0, -1, 2**30])
def test_what_is_no_number_of_a_process_is_none(pid: int) -> None:
    with pytest.raises(ProcessGone):
        ProcessRef(pid, 1)


def test_what_is_left_of_a_group_is_reached_after_its_leader_has_ended() -> None:
    if tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) < (6, 9):
        pytest.skip("only Linux 6.9 and newer can tell such a group from a stranger's")
    command = ["sh", "-c", "sleep 1000 & echo $!; wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        member = reference(int(leader.stdout.readline()))
        ref = reference(leader.pid)
        ref.send(signal.SIGKILL)
        assert leader.wait(LIMIT_S) == -signal.SIGKILL
        assert member.alive
        ref.send_group(signal.SIGKILL)
        leader.stdout.read()  # ends when the member, who has it too, has ended
        ref.close()
        member.close()
