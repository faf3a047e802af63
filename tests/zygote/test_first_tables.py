"""The tables of a new app are made by a process of their own, if there may be one."""

import json
import os
from pathlib import Path

import pytest

from protoddfd.zygote.first_tables import make_apart
from protoddfd.zygote.warm import SPEC


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "appspec.json").write_text(json.dumps(SPEC))
    return tmp_path


def test_a_new_app_gets_its_tables_and_nothing_is_done_twice(app: Path) -> None:
    pid = make_apart(app)
    assert pid is not None
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert (app / "data" / "app.db").stat().st_size > 0
    assert make_apart(app) is None


def test_a_spec_that_cannot_be_read_is_left_to_the_app_to_tell(app: Path) -> None:
    (app / "appspec.json").write_text("{")
    pid = make_apart(app)
    assert pid is not None
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_an_app_of_one_process_makes_them_itself(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError  # as the kernel does beyond the limit of processes

    monkeypatch.setattr(os, "fork", refused)
    assert make_apart(app) is None
