"""Commands that check an app: their status, their last words, their time, and nothing left of them."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from protoddfd.core.health import Outcome
from protoddfd.edge.check_command import command
from protoddfd.edge.process import start_time
from protoddfd.wire.options import Check
from testbed import wait_for

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

ENV = {"PATH": os.environ["PATH"]}
LIMIT_S = 0.3
PLENTY_S = 20.0


async def run(
    *argv: str, folder: Path | str = "/", env: Mapping[str, str] = ENV, timeout_s: float = PLENTY_S
) -> Outcome:
    check = Check(kind="command", argv=argv, timeout_s=timeout_s)
    return await command(check, folder=str(folder), env=env)


async def python(program: str, *arguments: str, **options: Any) -> Outcome:
    return await run(sys.executable, "-I", "-S", "-c", program, *arguments, **options)


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def children() -> set[int]:
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    return {int(pid) for pid in task.read_text().split()}


class Written:
    """Processes that wrote down their pid, one a line; each is known by its start time too."""

    def __init__(self, path: Path, count: int) -> None:
        wait_for(lambda: path.exists() and len(path.read_text().split()) == count)
        self._known = [(pid, start_time(pid)) for pid in map(int, path.read_text().split())]

    def alive(self) -> list[int]:
        return [pid for pid, started in self._known if started is not None and runs(pid, started)]


def runs(pid: int, started: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return start_time(pid) == started and state != "Z"
    return False


async def test_status_0_is_good_and_others_are_not() -> None:
    outcome = await run("true")
    assert (outcome.ok, outcome.asked, outcome.check) == (True, True, "command")
    assert outcome.detail.startswith("`true` exited with status 0 in ")
    outcome = await run("false")
    assert not outcome.ok
    assert outcome.asked
    assert outcome.detail.startswith("`false` exited with status 1 in ")


async def test_an_end_by_a_signal_is_said() -> None:
    outcome = await python("import os; os.kill(os.getpid(), 9)")
    assert not outcome.ok
    assert " was ended by signal 9 in " in outcome.detail


async def test_its_last_words_are_kept_of_both_streams_and_not_more_than_2_KiB() -> None:
    program = "import os; os.write(1, b'first ' + b'.' * 5000); os.write(2, b' and \\x1b[1mlast\\xff\\n')"
    outcome = await python(program)
    assert outcome.detail.endswith(". and ?[1mlast\ufffd")
    assert "first" not in outcome.detail.partition(" ms: ")[2]
    assert len(outcome.detail.partition(" ms: ")[2]) <= 2048


async def test_words_in_many_small_pieces_are_all_kept() -> None:
    program = "import os\nfor n in range(100): os.write(1, b'%d\\n' % n)"
    outcome = await python(program)
    assert outcome.detail.partition(" ms: ")[2].split() == [str(n) for n in range(100)]


async def test_no_shell_is_involved(tmp_path: Path) -> None:
    outcome = await run("echo", "$HOME; touch x && `id` *", folder=tmp_path)
    assert outcome.detail.endswith(": $HOME; touch x && `id` *")
    assert not (tmp_path / "x").exists()


async def test_it_runs_in_the_folder_with_the_environment_given_alone(tmp_path: Path) -> None:
    outcome = await python(
        "import os; print(os.getcwd(), sorted(os.environ.items()))", folder=tmp_path, env={"A": "b=c"}
    )
    said = outcome.detail.partition(" ms: ")[2]
    assert said.startswith(f"{tmp_path} ")
    assert "('A', 'b=c')" in said
    assert "PATH" not in said


async def test_the_program_is_looked_for_on_the_path_that_it_gets(tmp_path: Path) -> None:
    program = tmp_path / "well"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    assert (await run("well", env={"PATH": str(tmp_path)})).ok
    assert not (await run("well")).asked


async def test_it_gets_no_input_no_descriptor_and_no_terminal_of_the_daemon() -> None:
    program = (
        "import os, sys; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1], repr(sys.stdin.read()),"
        " os.getsid(0) == os.getpid())"
    )
    with socket.create_server(("127.0.0.1", 0)) as held:
        held.set_inheritable(True)
        outcome = await python(program)
    assert outcome.detail.endswith("[0, 1, 2] '' True")


@pytest.mark.parametrize(
    ("argv", "folder", "said"),
    [
        (("no-such-program",), "/", "No such file or directory (no-such-program)"),
        (("true",), "/no/such/folder", "No such file or directory (/no/such/folder)"),
        (("/",), "/", "Permission denied (/)"),
        (("a\0b",), "/", "embedded null byte"),
    ],
)
async def test_what_cannot_be_run_says_nothing_of_the_app(
    argv: tuple[str, ...], folder: str, said: str
) -> None:
    before = descriptors()
    outcome = await run(*argv, folder=folder)
    assert (outcome.ok, outcome.asked) == (False, False)
    assert outcome.detail.endswith(f"cannot be run: {said}")
    assert descriptors() == before


async def test_one_that_takes_too_long_is_killed_with_its_whole_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "for _ in range(2): os.fork()\n"
        "file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
        "os.write(file, b'%d\\n' % os.getpid())\n"
        "print('waiting', flush=True)\n"
        "time.sleep(1000)\n"
    )
    before = descriptors()
    others = children()
    check = asyncio.create_task(python(program, str(pids), timeout_s=2.0))
    written = await asyncio.to_thread(Written, pids, 4)
    assert len(written.alive()) == 4
    outcome = await check
    assert not outcome.ok
    assert outcome.asked
    assert " did not end within 2 s: waiting" in outcome.detail
    assert 2.0 <= outcome.took_s < PLENTY_S
    wait_for(lambda: not written.alive(), 5)
    assert children() <= others
    assert descriptors() - before == set()


async def test_what_it_leaves_running_in_its_group_is_killed_and_not_waited_for(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 1000 & echo $! >> {pids}; echo left"
    outcome = await run("sh", "-c", script)
    assert outcome.ok
    assert outcome.took_s < PLENTY_S / 2
    assert outcome.detail.endswith("left")
    pid = int(pids.read_text())
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or not runs(pid, start_time(pid) or 0), 5)


async def test_one_that_is_cancelled_is_killed_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    before = descriptors()
    others = children()
    check = asyncio.create_task(run("sh", "-c", f"sleep 1000 & echo $! $$ >> {pids}; wait"))
    written = await asyncio.to_thread(Written, pids, 2)
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    wait_for(lambda: not written.alive(), 5)
    assert children() <= others
    assert descriptors() - before == set()


async def test_a_flood_of_output_stops_neither_the_command_nor_the_daemon() -> None:
    before = time.process_time()
    outcome = await run("sh", "-c", "yes | head -c 3000000; echo end; exit 4")
    assert outcome.detail.endswith("y\nend")
    assert "exited with status 4" in outcome.detail
    outcome = await run("yes", timeout_s=LIMIT_S)
    assert not outcome.ok
    assert time.process_time() - before < 0.5


async def test_a_group_is_signalled_only_while_its_number_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as its leader is not reaped, no stranger can have the number."""
    seen: list[bool] = []
    killpg = os.killpg

    def spy(group: int, number: int) -> None:
        seen.append(group in children())
        killpg(group, number)

    monkeypatch.setattr(os, "killpg", spy)
    await asyncio.gather(
        *(run("true") for _ in range(5)), *(run("sleep", "9", timeout_s=0.05) for _ in range(3))
    )
    assert seen == [True] * 11
