"""Every kind of check is carried out by what knows it, with what it needs of the app and no more."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protoddfd.edge.checks import Checked, carry_out
from protoddfd.wire.options import Check
from protoddfd.worker import messages

pytestmark = pytest.mark.anyio


class Pool:
    """Answers every question to a database, and keeps the questions."""

    def __init__(self) -> None:
        self.asked: list[messages.Job] = []

    async def run(self, job: messages.Job, on_progress: Callable[[messages.Progress], None]) -> Any:
        self.asked.append(job)
        on_progress(messages.Progress(text="asking"))
        return messages.DatabaseChecked(ok=True, detail="SELECT 1 at x answered", took_s=0.25)


def checked(pool: Pool, folder: Path, **env: str) -> Checked:
    return Checked(
        served_by="command",
        folder=str(folder),
        alive=lambda: True,
        env=lambda: {"PATH": os.environ["PATH"], **env},
        run_job=pool.run,
    )


async def test_each_kind_is_carried_out_and_says_its_kind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        checks = [
            Check(kind="process"),
            Check(kind="port", port=port),
            Check(kind="http", port=port, timeout_s=0.05),
            Check(kind="command", argv=("sh", "-c", 'test "$PWD" = "$WHERE"')),
            Check(kind="database", url="sqlite://"),
        ]
        of = checked(Pool(), tmp_path, WHERE=str(tmp_path))
        outcomes = [await carry_out(check, of) for check in checks]
    assert [each.check for each in outcomes] == [check.kind for check in checks]
    assert [each.ok for each in outcomes] == [True, True, False, True, True]


async def test_a_database_is_the_one_of_the_check_else_the_apps_own(tmp_path: Path) -> None:
    pool = Pool()
    of = checked(pool, tmp_path, DATABASE_URL="postgresql:///own")
    for url in (None, "sqlite:///given"):
        outcome = await carry_out(Check(kind="database", url=url, timeout_s=2.0), of)
        assert (outcome.ok, outcome.took_s) == (True, 0.25)
    assert pool.asked == [
        messages.CheckDatabase(url=url, folder=str(tmp_path), timeout_s=2.0)
        for url in ("postgresql:///own", "sqlite:///given")
    ]
