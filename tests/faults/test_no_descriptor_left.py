"""With no descriptor left, or but a few, each piece says so, leaks nothing, and works again afterwards.

Every operation is tried in a process of its own with 0, 1, 2 ... free descriptors until it succeeds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]

PREPARED = """
import errno, os, resource, socket, sys
from contextlib import closing
from pathlib import Path

from protoddfd.edge import instances, listen, snapshot, strays
from protoddfd.edge.faults import explain
from protoddfd.edge.foreign_sockets import sockets_of
from protoddfd.edge.lock import HomeLock
from protoddfd.edge.process import ProcessRef, start_time
from protoddfd.zygote.instance_lock import Holder, lock_path, take, write_holder

folder = Path(sys.argv[1])
state = folder / "state.json"
snapshot.write(state, b"1")
snapshot.write(state, b"2")
lock = take(lock_path(folder, "crm", 0))
write_holder(lock, Holder(pid=os.getpid(), start_time=start_time(os.getpid()), life=1))
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
ports = [free_port(), free_port(), free_port()]
mine = listen.hold(ports[2])
listen.open_listener(mine)
ref = ProcessRef(os.getpid(), start_time(os.getpid()))
written = 2

def held(port):
    listen.hold(port).close()

def held_some():
    for each in listen.hold_some(ports[:2], 2):
        each.close()

def write():
    global written
    snapshot.write(state, b"%d" % (written + 1))
    written += 1

def read():
    assert snapshot.read(state) == snapshot.Found(data=b"%d" % written)

def survey():
    assert instances.survey(folder)["crm", 0].holder.life == 1

def refer():
    ProcessRef(os.getpid(), start_time(os.getpid())).close()

def find():
    for each in strays.find(folder, {("crm", 0): 1}):
        each.ref.close()

def home_lock():
    HomeLock(folder / "lock").release()

def who():
    found = listen.who_listens(ports[2])
    if found is None:
        raise OSError(errno.EMFILE, "nobody was seen")
    assert found.pid == os.getpid()

def sockets():
    back = sockets_of(ref, [ports[2]])
    if back.reason is None:
        back.sockets[ports[2]].close()
    else:
        assert "no descriptor is left" in back.reason, back.reason
        raise OSError(errno.EMFILE, back.reason)

def shut_and_open():
    listen.shut(mine)
    listen.open_listener(mine)

OPERATIONS = {
    "hold": lambda: held(ports[0]), "hold_some": held_some, "write": write, "read": read, "survey": survey,
    "refer": refer, "find": find, "home_lock": home_lock, "who": who, "sockets": sockets,
    "shut_and_open": shut_and_open,
}
operation = OPERATIONS[sys.argv[2]]
operation()  # what is imported on first use would take a descriptor too

limit = 64
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

def is_open(number):
    try:
        os.get_inheritable(number)
    except OSError:
        return False
    return True

def open_descriptors():
    return [number for number in range(limit) if is_open(number)]

taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    pass
refused = 0
while True:
    before = open_descriptors()
    try:
        operation()
    except OSError as error:
        assert error.errno == errno.EMFILE, error
        fault = explain(error, "do it")
        assert fault.kind == "descriptors", fault
        assert "no file descriptor is left" in fault.text, fault
        assert "LimitNOFILE" in fault.hint, fault
        refused += 1
        done = False
    else:
        done = True
    assert open_descriptors() == before, "leaked"
    if done:
        break
    os.close(taken.pop())
for number in taken:
    os.close(number)
read()
write()
assert snapshot.read(state).quarantined == ()
print(refused)
"""

OPERATIONS = (
    "hold", "hold_some", "write", "read", "survey", "refer", "find", "home_lock", "who", "sockets",
)  # fmt: skip


def tried(folder: Path, operation: str) -> int:
    """Try an operation with ever more free descriptors; return how often it was refused."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARED, str(folder), operation],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_needs_a_descriptor_says_that_none_is_left_and_leaks_none(
    tmp_path: Path, operation: str
) -> None:
    assert 1 <= tried(tmp_path, operation) <= 5


def test_a_held_port_is_shut_and_opened_without_any(tmp_path: Path) -> None:
    assert tried(tmp_path, "shut_and_open") == 0
