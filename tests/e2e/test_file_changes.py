"""An app that is restarted when its files change: edit it, and see it."""

from pathlib import Path

import msgspec
import pytest

from protoddfctl.client import Client
from protoddfd.wire.events import Event
from testbed import Daemon, http, wait_for

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(300)  # a frontend is built
def test_an_edit_is_served_and_a_broken_one_leaves_the_old_process_alone(shared: Daemon) -> None:
    app = shared.create("edited")
    code = Path(app.path) / "edited_app" / "edited.py"
    first = shared.pids("edited")
    code.write_text(code.read_text() + "\nprint('not watched yet')\n")
    shared.call("app.set", name="edited", watch=True)
    assert shared.pids("edited") == first
    code.write_text(code.read_text() + "\nprint('second edition', flush=True)\n")
    # at once with the frontend that there is, and once more when the one that the change needs is built
    wait_for(lambda: len(said(shared, "second edition")) == 2, 150)
    second = shared.wait_state("edited", "ready", seconds=60).instances[0].pid
    assert second not in first
    good = code.read_text()
    seq = shared.call("app.list")["seq"]
    code.write_text(good + "\ndef broken(:\n")
    assert "not restarted: edited.py, line" in refusal(shared, seq)
    assert shared.pids("edited") == [second]
    assert http(app.ports.backend, "/ping")[0] == 200
    code.write_text(good)
    wait_for(lambda: shared.pids("edited") not in ([], [second]), 60)
    shared.wait_state("edited", "ready", seconds=60)


def said(daemon: Daemon, text: str) -> list[str]:
    """Return the lines of the app's output that contain `text`."""
    return [record["text"] for record in daemon.call("app.logs", name="edited", match=text)["records"]]


def refusal(daemon: Daemon, since: int) -> str:
    """Return what is said of an edit that cannot be run."""
    with Client(str(daemon.socket), timeout_s=5) as client:
        client.call_raw("events.subscribe", {"since": since, "kinds": ["progress"]})
        told = (
            msgspec.json.decode(params, type=Event).data["text"] for _, params in client.notifications(30)
        )
        text: str = next(text for text in told if text.startswith("not restarted"))
        return text


def test_data_that_an_app_writes_restarts_nothing(shared: Daemon, tmp_path: Path) -> None:
    shared.adopt(
        "writer",
        "/bin/sh",
        "-c",
        "mkdir -p data; while :; do date > data/now; sleep 0.05; done",
        cwd=str(tmp_path),
    )
    shared.call("app.set", name="writer", watch=True)
    before = shared.pids("writer")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "source.py").write_text("x = 1\n")
    after = wait_for(lambda: [pid for pid in shared.pids("writer") if pid not in before], 30)
    wait_for(lambda: (tmp_path / "data" / "now").exists())
    assert shared.pids("writer") == after
