"""A process number that belongs to another process by now: truly forced, in a namespace of our own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import asyncio, os, signal, socket, sys
from pathlib import Path

from protoddfd.edge import strays
from protoddfd.edge.foreign_sockets import sockets_of
from protoddfd.edge.listen import hold, open_listener
from protoddfd.edge.process import ProcessGone, ProcessRef, start_time

LAST = Path("/proc/sys/kernel/ns_last_pid")
HOME = Path(sys.argv[1])

def sleeper(leads):
    pid = os.fork()
    if pid == 0:
        if leads:
            os.setsid()
        while True:
            signal.pause()
    return pid

def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

def newcomer(number, older, leads=False):
    # the start time has a resolution of 10 ms: a number cannot be used again so soon but by force
    while True:
        LAST.write_text(str(number - 1))
        pid = sleeper(leads)
        assert pid == number, (pid, number)
        if start_time(pid) != older:
            return pid
        end(pid)

def refuses(what, *arguments):
    try:
        what(*arguments)
    except ProcessGone:
        return
    raise AssertionError(what)

def lives(pid):
    return os.waitpid(pid, os.WNOHANG) == (0, 0)

# one process ends, another gets its number
first = sleeper(leads=True)
started = start_time(first)
ref = ProcessRef(first, started)
end(first)
assert newcomer(first, started, leads=True) == first
assert start_time(first) != started
assert not ref.alive
refuses(ref.send, signal.SIGKILL)
refuses(ref.send_group, signal.SIGKILL)
refuses(ProcessRef, first, started)
asyncio.run(ref.exited())
assert lives(first)

# nothing of the newcomer's is taken for the old one's
root = strays.Root(slot=("crm", 0), pid=first, start_time=started)
assert strays.find(HOME, {("crm", 0): 1}, [root]) == []
assert asyncio.run(strays.end([ref], 0.0)) == strays.Ended(asked=1)
assert lives(first)
now = ProcessRef(first, start_time(first))
assert now.alive
now.send_group(signal.SIGKILL)
os.waitpid(first, 0)

# neither are its sockets
victim = sleeper(leads=False)
started = start_time(victim)
gone = ProcessRef(victim, started)
end(victim)
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
held = hold(port)
open_listener(held)
newcomer(victim, started)  # has inherited the listener
held.close()
back = sockets_of(gone, [port])
assert back.sockets == {}, back
assert back.reason.endswith("has ended"), back
assert lives(victim)
end(victim)

# a group's number is not given anew while one of it lives, and that one is reached through its leader
read, write = os.pipe()
leader = os.fork()
if leader == 0:
    os.setsid()
    os.write(write, b"%d\\n" % sleeper(leads=False))
    while True:
        signal.pause()
member = int(os.read(read, 16))
ref = ProcessRef(leader, start_time(leader))
witness = ProcessRef(member, start_time(member))
end(leader)
LAST.write_text(str(leader - 1))
other = sleeper(leads=True)
assert other not in (leader, member)
if tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) >= (6, 9):
    ref.send_group(signal.SIGKILL)
    asyncio.run(witness.exited())
    os.waitpid(member, 0)
    assert lives(other)
    refuses(ref.send_group, signal.SIGKILL)
end(other)
print("all seen")
"""


@pytest.fixture
def own_numbers() -> list[str]:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root, with util-linux, can force process numbers")
    if not Path("/proc/sys/kernel/ns_last_pid").exists():
        pytest.skip("this kernel lets nobody force process numbers")
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespace of process numbers can be made here")
    return command


def test_a_number_used_again_is_neither_signalled_nor_taken_for_the_former(
    tmp_path: Path, own_numbers: list[str]
) -> None:
    done = subprocess.run(
        [*own_numbers, sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all seen\n"
