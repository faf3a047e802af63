"""What the locks of instances tell of those who ran: who, whether they still do, and in which boot."""

import os
from contextlib import ExitStack
from pathlib import Path

import msgspec
from locks import holders

from protoddfd.edge.instances import Found, nameless, survey
from protoddfd.edge.process import start_time
from protoddfd.zygote.instance_lock import Holder, boot_id, lock_path, take, write_holder


def holder(life: int) -> Holder:
    started = start_time(os.getpid())
    assert started is not None
    return Holder(pid=os.getpid(), start_time=started, life=life, boot_id=boot_id())


def test_a_home_without_instances_has_none(tmp_path: Path) -> None:
    assert survey(tmp_path) == {}
    assert nameless(tmp_path) == ()


def test_what_runs_and_what_ran_is_told_apart(tmp_path: Path) -> None:
    running, ended, before_the_boot = (
        holder(3),
        holder(4),
        msgspec.structs.replace(holder(5), boot_id="other"),
    )
    lock = take(lock_path(tmp_path, "my.app", 1))
    write_holder(lock, running)
    for slot, written in ((2, ended), (3, before_the_boot)):
        other = take(lock_path(tmp_path, "my.app", slot))
        write_holder(other, written)
        os.close(other)
    found = survey(tmp_path)
    assert found[("my.app", 1)] == Found(holder=running, held=True, same_boot=True)
    assert found[("my.app", 2)] == Found(holder=ended, held=False, same_boot=True)
    assert found[("my.app", 3)] == Found(holder=before_the_boot, held=False, same_boot=False)
    assert holders(tmp_path) == {("my.app", 1): running}
    os.close(lock)
    assert holders(tmp_path) == {}


def test_a_lock_that_does_not_say_by_whom_it_is_held_is_told_of(tmp_path: Path) -> None:
    lock = take(lock_path(tmp_path, "crm", 0))
    assert survey(tmp_path) == {}
    assert nameless(tmp_path) == (("crm", 0),)
    os.close(lock)
    assert nameless(tmp_path) == ()


def test_what_is_no_lock_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "instances"
    (folder / "folder.1").mkdir(parents=True)
    for name in ("crm", ".0", "crm.x", "crm.0"):
        (folder / name).write_text("nonsense", encoding="ascii")
    assert survey(tmp_path) == {}
    assert nameless(tmp_path) == ()


def test_five_hundred_instances_are_found(tmp_path: Path) -> None:
    with ExitStack() as locks:
        for number in range(500):
            lock = take(lock_path(tmp_path, f"app_{number}", 0))
            locks.callback(os.close, lock)
            write_holder(lock, holder(1))
        found = survey(tmp_path)
    assert len(found) == 500
    assert all(each.held and each.same_boot for each in found.values())
