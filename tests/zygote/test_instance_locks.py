"""The lock files of instances, and what they tell when nobody holds them any more."""

import os
from pathlib import Path

import pytest
from locks import read_holder

from protoddfd.zygote.instance_lock import (
    Holder,
    InstanceLocked,
    boot_id,
    forget_evidence,
    lock_path,
    process_start_time,
    read_evidence,
    take,
    write_holder,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return lock_path(tmp_path, "crm", 0)


def me(boot: str | None = None) -> Holder:
    pid = os.getpid()
    started = process_start_time(pid)
    return Holder(pid=pid, start_time=started, life=3, boot_id=boot_id() if boot is None else boot)


def hold(path: Path, holder: Holder) -> int:
    lock = take(path)
    write_holder(lock, holder)
    return lock


def test_a_slot_that_never_ran_has_no_evidence(path: Path) -> None:
    assert read_evidence(path) is None
    assert forget_evidence(path)


def test_a_slot_that_runs_shows_its_holder(path: Path) -> None:
    lock = hold(path, me())
    evidence = read_evidence(path)
    assert evidence is not None
    assert (evidence.holder, evidence.held, evidence.of_this_boot) == (me(), True, True)
    assert read_holder(path) == me()
    os.close(lock)


def test_a_slot_that_ended_shows_who_ran_in_it_and_in_which_boot(path: Path) -> None:
    os.close(hold(path, me()))
    evidence = read_evidence(path)
    assert evidence is not None
    assert (evidence.holder, evidence.held, evidence.of_this_boot) == (me(), False, True)
    assert read_holder(path) is None


@pytest.mark.parametrize("boot", ["3b2c9f52-7e2f-4c13-9a57-0f0f5a2f4f1d", ""])
def test_what_ran_in_another_boot_or_does_not_say_is_not_of_this_one(path: Path, boot: str) -> None:
    os.close(hold(path, me(boot)))
    evidence = read_evidence(path)
    assert evidence is not None
    assert not evidence.of_this_boot


def test_a_holder_of_an_older_version_is_understood(path: Path) -> None:
    lock = take(path)
    os.pwrite(lock, b'{"pid":12,"start_time":34,"life":5}\n', 0)
    assert read_holder(path) == Holder(pid=12, start_time=34, life=5)
    os.close(lock)


def test_a_file_that_says_nothing_readable_is_evidence_of_nobody(path: Path) -> None:
    lock = take(path)
    evidence = read_evidence(path)
    assert evidence is not None
    assert (evidence.holder, evidence.held, evidence.of_this_boot) == (None, True, False)
    os.close(lock)


def test_evidence_is_forgotten_unless_somebody_holds_it(path: Path) -> None:
    lock = hold(path, me())
    assert not forget_evidence(path)
    assert path.exists()
    os.close(lock)
    assert forget_evidence(path)
    assert read_evidence(path) is None


def test_a_shorter_holder_replaces_a_longer_one(path: Path) -> None:
    lock = hold(path, Holder(pid=4194303, start_time=10**12, life=10**6, boot_id="x" * 36))
    write_holder(lock, Holder(pid=1, start_time=2, life=3))
    assert read_holder(path) == Holder(pid=1, start_time=2, life=3)
    os.close(lock)


def test_a_slot_has_one_holder_at_a_time_though_its_file_is_forgotten_now_and_then(path: Path) -> None:
    alone = path.parent.parent / "alone"
    path.parent.mkdir(parents=True)

    def contend() -> int:
        for _ in range(300):
            try:
                lock = take(path)
            except InstanceLocked:
                continue
            os.close(os.open(alone, os.O_CREAT | os.O_EXCL))  # raises when another is in here too
            alone.unlink()
            os.close(lock)
            forget_evidence(path)
        return 0

    contenders = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = contend()
            finally:
                os._exit(status)
        contenders.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in contenders] == [0, 0, 0]
