"""Apps that people changed: other pages get a frontend of their own, other libraries an environment."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from testbed import Daemon, http, wait_for

pytestmark = pytest.mark.e2e

PAGE = """

def about() -> rx.Component:
    return rx.el.main(rx.el.h1("About us, MARK"))


app.add_page(about, route="/about", title="About")
"""


@pytest.mark.long
@pytest.mark.timeout(180)
def test_a_changed_page_is_built_in_the_background_while_the_last_frontend_serves(shared: Daemon) -> None:
    app = shared.create("paged")
    assert app.bundle.state == "shared"
    code = Path(app.path) / "paged_app" / "paged.py"
    code.write_text(
        code.read_text().replace("from dataforms", "import reflex as rx\nfrom dataforms", 1) + PAGE
    )
    shared.call("app.restart", name="paged")
    assert shared.app("paged").bundle.state == "building"
    assert http(app.ports.frontend)[0] == 200
    wait_for(lambda: shared.app("paged").bundle.state == "built", 120)
    wait_for(lambda: shared.app("paged").state == "ready", 30)
    own = shared.app("paged")
    assert own.bundle.digest != app.bundle.digest
    assert http(app.ports.frontend, "/about")[0] == 200
    assert shared.app("paged").served_by == "zygote"


def test_a_page_that_does_not_build_is_reported_and_the_last_frontend_serves_on(shared: Daemon) -> None:
    app = shared.create("faulty")
    config = Path(app.path) / "rxconfig.py"
    config.write_text(config.read_text() + "\nraise RuntimeError('no such plug-in')\n")
    shared.call("app.restart", name="faulty", wait_s=0)
    wait_for(lambda: shared.app("faulty").bundle.state == "failed", 60)
    assert "no such plug-in" in shared.app("faulty").bundle.detail


def test_an_edited_spec_is_served_after_a_restart_and_the_rows_stay(shared: Daemon, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("title\nFirst\nSecond\n")
    app = shared.create("edited", sources=[{"path": str(tmp_path / "notes.csv")}])
    spec = Path(app.path) / "appspec.json"
    spec.write_text(
        spec.read_text().replace(
            '"fields": [', '"fields": [{"name": "done", "title": "Done", "type": "boolean"},', 1
        )
    )
    shared.call("app.restart", name="edited")
    assert shared.app("edited").state == "ready"
    http(app.ports.frontend)
    with closing(sqlite3.connect(Path(app.path) / "data" / "app.db")) as database:

        def columns() -> set[str]:
            return {row[1] for row in database.execute("PRAGMA table_info(note)")}

        wait_for(lambda: "done" in columns())
        assert database.execute("SELECT count(*) FROM note").fetchone() == (2,)


def test_a_spec_edited_into_nonsense_is_refused_with_the_place_and_the_app_runs_on(shared: Daemon) -> None:
    app = shared.create("nonsense")
    spec = Path(app.path) / "appspec.json"
    spec.write_text(spec.read_text().replace('"text"', '"txt"', 1))
    with pytest.raises(Exception, match=r"entities\[0\]\.fields\[0\]"):
        shared.call("app.restart", name="nonsense")
    assert shared.pids("nonsense") == [each.pid for each in app.instances]


@pytest.mark.long
@pytest.mark.timeout(400)
def test_an_app_with_other_libraries_runs_in_its_own_environment(daemon: Daemon) -> None:
    app = daemon.create("own", start=False)
    requirements = Path(app.path) / "requirements.txt"
    requirements.write_text(requirements.read_text() + "# and nothing else\n")
    daemon.call("app.start", name="own", wait_s=300)
    started = daemon.app("own")
    assert (started.state, started.served_by, started.bundle.state) == ("ready", "reflex", "none")
    assert http(app.ports.frontend)[0] == 200
    assert wait_for(lambda: _answers(app.ports.backend), 60)
    assert started.ports == app.ports
    daemon.call("app.stop", name="own")
    assert daemon.app("own").state == "down"
    with pytest.raises(ConnectionRefusedError):
        http(app.ports.frontend)
    assert daemon.stop() == 0


def _answers(port: int | None) -> bool:
    try:
        return http(port, "/ping")[0] == 200
    except OSError:
        return False
