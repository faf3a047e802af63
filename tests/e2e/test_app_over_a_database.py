"""An app over another program's SQLite file, made by the command, under a real daemon."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest
from music import INVOICES, make_postgresql, make_sqlite, state_of
from postgres import PASSWORD, Server, server

from dataforms.origin import SOURCE_FILE, VARIABLE
from protoddfd.errors import DesignRefused, SourceRefused, UpdateRefused
from testbed import Daemon, http

pytestmark = pytest.mark.e2e
MAIN = [sys.executable, "-c", "import sys; from protoddfctl.cli import main; sys.exit(main())"]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "theirs").mkdir()
    make_sqlite(tmp_path / "theirs" / "music.db")
    return tmp_path / "theirs" / "music.db"


def ask(app: Any, method: str, path: str, body: object = None) -> httpx.Response:
    return httpx.request(method, f"http://127.0.0.1:{app.ports.frontend}/api/v1{path}", json=body)


def protoddfctl(daemon: Daemon, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAIN, "--socket", str(daemon.socket), *words],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_rows_are_shown_where_they_are_and_never_changed(shared: Daemon, music: Path) -> None:
    before = state_of(f"sqlite:///{music}")
    made = protoddfctl(shared, "create", "sales", "--template", "dashboard", "--from", str(music))
    assert made.returncode == 0, made.stderr
    app = shared.app("sales")
    assert (app.state, app.served_by, app.template) == ("ready", "zygote", "dashboard")
    for path in ("/", "/t/invoice/", "/t/invoice/3/", "/v/dashboard/"):
        assert http(app.ports.frontend, path)[0] == 200
    listed = ask(app, "GET", "/invoice?sort=-total&size=1").json()
    assert (listed["total"], listed["items"][0]["total"]) == (INVOICES, 15)
    assert ask(app, "GET", "/track/3").json()["_labels"] == {"album": "Album 4", "genre": "Jazz"}
    refused = ask(app, "POST", "/artist", {"name": "x"})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:dataforms:problem:read-only")
    assert ask(app, "DELETE", "/artist/1").status_code == 403
    spec = (Path(app.path) / "appspec.json").read_text()
    assert str(music) not in spec
    assert [each["kind"] for each in json.loads(spec)["views"]] == ["dashboard"]
    assert shared.call("app.restart", name="sales")["state"] == "ready"
    assert ask(shared.app("sales"), "GET", "/artist").json()["total"] == 5
    with pytest.raises(UpdateRefused, match="only reads"):
        shared.call("app.update", name="sales", spec={**json.loads(spec), "title": "Other"}, dry_run=True)
    shared.call("app.stop", name="sales")
    assert state_of(f"sqlite:///{music}") == before


def test_what_is_no_database_or_more_than_one_is_refused(shared: Daemon, music: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nAda\n")
    with pytest.raises(SourceRefused, match="needs a database"):
        shared.create("sheet", template="dashboard", sources=[{"path": str(tmp_path / "a.csv")}])
    for sources in ([], [{"path": str(music)}, {"path": str(music)}], [{"name": "a.db", "text": "x"}]):
        with pytest.raises(DesignRefused, match="one database"):
            shared.create("many", template="dashboard", sources=sources, description="invoices")


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.mark.long
def test_a_postgresql_address_is_kept_as_a_secret_of_the_app(shared: Daemon, running: Server) -> None:
    with running.schema() as url:
        make_postgresql(url)
        with closing(psycopg.connect(url)) as connection:
            (schema,) = connection.execute("SELECT current_schema()").fetchone() or ("",)
        address = f"{running.url}?options=-csearch_path%3D{schema}"
        before = state_of(url)
        app = shared.create("music", template="dashboard", sources=[{"url": address}])
        assert app.state == "ready"
        assert ask(app, "GET", "/invoice").json()["total"] == INVOICES
        assert ask(app, "PATCH", "/artist/1", {"name": "x"}).status_code == 403
        shared.call("app.stop", name="music")
        assert state_of(url) == before
    folder = Path(app.path)
    file = folder / SOURCE_FILE
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, f"{address}\n")
    assert app.options.secrets == {VARIABLE: str(file)}
    password = quote(PASSWORD, safe="").encode()
    kept = [each for each in [*folder.rglob("*"), *shared.home.rglob("*")] if each.is_file() and each != file]
    assert [each for each in kept if password in each.read_bytes()] == []
