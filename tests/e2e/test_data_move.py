"""An app's data goes from its file to a server and back, and the app runs on it; or nothing changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, server

from dataforms.database import Database
from dataforms.spec import decode
from protoddfd.errors import MoveFailed, NotPossible
from protoddfd.wire import results
from testbed import Daemon, http

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(180)]

CSV = "Name;Born;Height;Member\nAda;10.12.1815;1,65;yes\nGrace;09.12.1906;1,68;no\n"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with server() as running:
        yield running


def counted(app: results.App, url: str) -> int:
    database = Database(decode((Path(app.path) / "appspec.json").read_bytes()), url)
    try:
        return sum(database.counts().values())
    finally:
        database.close()


def test_data_moves_to_postgresql_and_back(daemon: Daemon, postgresql: Server, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(CSV)
    before = daemon.create("people", sources=[{"path": str(tmp_path / "people.csv")}])
    moved = daemon.call("app.data_move", name="people", to=postgresql.url)
    assert sum(moved["rows"].values()) == 2
    after = daemon.app("people")
    assert (after.state, after.options.env["DATABASE_URL"]) == ("ready", postgresql.url)
    assert {each.pid for each in after.instances}.isdisjoint(each.pid for each in before.instances)
    assert http(after.ports.frontend)[0] == 200
    assert counted(after, postgresql.url) == 2
    back = f"sqlite:///{tmp_path}/back.db"
    daemon.call("app.data_move", name="people", to=back)
    assert (daemon.app("people").state, counted(after, back)) == ("ready", 2)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("sqlite:///data/app.db", "has data already"),
        ("postgresql://nobody:hush@127.0.0.1:1/none", "cannot be used now"),
        ("mysql://u:hush@h/d", "of the kind 'mysql'"),
    ],
)
def test_what_cannot_be_moved_runs_as_before(
    daemon: Daemon, tmp_path: Path, target: str, reason: str
) -> None:
    (tmp_path / "people.csv").write_text(CSV)
    daemon.create("people", sources=[{"path": str(tmp_path / "people.csv")}])
    with pytest.raises(MoveFailed, match=reason) as refused:
        daemon.call("app.data_move", name="people", to=target)
    assert "hush" not in str(refused.value)
    app = daemon.app("people")
    assert (app.state, app.wanted, app.options.env) == ("ready", "up", {})
    assert http(app.ports.frontend)[0] == 200
    assert counted(app, f"sqlite:///{app.path}/data/app.db") == 2


def test_an_app_that_was_down_stays_down(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(CSV)
    daemon.create("people", sources=[{"path": str(tmp_path / "people.csv")}])
    daemon.call("app.stop", name="people")
    moved = daemon.call("app.data_move", name="people", to=f"sqlite:///{tmp_path}/there.db")
    assert (moved["app"]["state"], moved["app"]["wanted"]) == ("down", "down")


def test_what_is_no_data_app_is_refused(daemon: Daemon) -> None:
    daemon.adopt("sleeper", "sleep", "1000")
    with pytest.raises(NotPossible, match="no data app"):
        daemon.call("app.data_move", name="sleeper", to="sqlite:///x.db")
