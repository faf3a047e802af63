"""What the system's refusals are called, for people and for programs."""

import errno
import os

import pytest

from protoddfd.edge.faults import FaultKind, explain


@pytest.mark.parametrize(
    ("number", "kind", "words", "hint"),
    [
        (errno.ENOSPC, "disk_full", "the disk or the quota is full", "df -h /srv"),
        (errno.EDQUOT, "disk_full", "the disk or the quota is full", "df -h /srv"),
        (errno.EIO, "disk_failing", "the disk fails", "dmesg"),
        (errno.EROFS, "read_only", "the disk is read-only", "findmnt -T /srv"),
        (errno.EMFILE, "descriptors", "no file descriptor is left", "LimitNOFILE"),
        (errno.ENFILE, "descriptors", "no file descriptor is left", "LimitNOFILE"),
        (errno.EAGAIN, "processes", "no process can be made", "TasksMax"),
        (errno.ENOMEM, "memory", "no memory is left", "free -h"),
        (errno.EACCES, "denied", "permission denied", "ls -ld /srv"),
        (errno.EXDEV, "other", os.strerror(errno.EXDEV), "log"),
    ],
)
def test_a_refusal_is_told_with_what_helps(number: int, kind: FaultKind, words: str, hint: str) -> None:
    fault = explain(OSError(number, os.strerror(number)), "store the state", "/srv")
    assert fault.kind == kind
    assert fault.text.startswith(f"cannot store the state: {words}")
    assert hint in fault.hint


def test_how_many_descriptors_there_may_be_is_told() -> None:
    assert "(this process may have " in explain(OSError(errno.EMFILE, "too many"), "start it").text


def test_a_refusal_without_a_number_is_told_as_it_is() -> None:
    fault = explain(OSError("the moon is full"), "start it")
    assert fault.text == "cannot start it: the moon is full"
    assert fault.kind == "other"
