"""A Reflex app that somebody else made: adopted by its folder, served by `reflex run`, its files its own."""

from pathlib import Path

import pytest

from protoddfctl.client import Client
from protoddfd.wire import results
from testbed import Daemon, http

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(400)]

CONFIG = 'import reflex as rx\n\nconfig = rx.Config(app_name="hello", telemetry_enabled=False)\n'
APP = """import reflex as rx


def index() -> rx.Component:
    return rx.heading("Hello from elsewhere")


app = rx.App()
app.add_page(index)
"""


def test_an_existing_reflex_app_runs_on_ports_of_ours(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "rxconfig.py").write_text(CONFIG)
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "__init__.py").touch()
    (tmp_path / "hello" / "hello.py").write_text(APP)
    with Client(str(daemon.socket), timeout_s=400) as client:
        asked = {"name": "hello", "path": str(tmp_path), "wait_s": 300}
        app = client.call("app.adopt", asked, type=results.App)
    assert (app.state, app.served_by, app.template) == ("ready", "reflex", "adopted")
    status, body = http(app.ports.frontend)
    assert status == 200
    assert b"<html" in body.lower()
    assert daemon.call("app.stop", name="hello")["state"] == "down"
    with pytest.raises(ConnectionRefusedError):
        http(app.ports.frontend)
    assert daemon.call("app.delete", name="hello")["kept"] == str(tmp_path)
    assert (tmp_path / "hello" / "hello.py").read_text() == APP
