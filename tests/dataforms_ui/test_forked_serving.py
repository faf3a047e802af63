"""A prepared parent forks an app that serves at once, alone in its process, and ends as it is told."""

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protoddfd.generate.bundle import TEMPLATE
from protoddfd.generate.render import render
from protoddfd.zygote.visitor import get

pytestmark = pytest.mark.e2e

SPEC = b"""{"name": "shop", "title": "Shop", "entities": [{"name": "Customer", "title": "Customer",
  "plural": "Customers", "fields": [{"name": "name", "title": "Name", "type": "text"}]}]}"""
ADD = "from dataforms.ui.live import live; live().database.insert('Customer', {'name': 'Ada'})"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    render(TEMPLATE, folder, "shop", SPEC)
    subprocess.run([sys.executable, "-c", ADD], cwd=folder, check=True)
    return folder


@pytest.fixture
def empty_bundle(tmp_path: Path) -> Path:
    client = tmp_path / "bundle" / "build" / "client"
    (client / "assets").mkdir(parents=True)
    for name in ("index.html", "__spa-fallback.html"):
        (client / name).write_text("<html><head></head></html>")
    (tmp_path / "bundle" / "backend").mkdir()
    (tmp_path / "bundle" / "backend" / "stateful_pages.json").write_text("[]")
    return tmp_path / "bundle"


@contextmanager
def served(app: Path, bundle: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve with a fresh program; yield it and its first port. It is ended if it still runs."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    descriptors = [each.fileno() for each in sockets]
    program = [sys.executable, "-m", "protoddfd.zygote.alone", str(app), "shop_app.shop", str(bundle)]
    with subprocess.Popen([*program, *map(str, descriptors)], pass_fds=descriptors) as process:
        try:
            yield process, sockets[0].getsockname()[1]
        finally:
            process.kill()
    for each in sockets:
        each.close()


def test_a_fork_serves_pages_and_records_on_both_sockets(app: Path, empty_bundle: Path) -> None:
    program = [sys.executable, str(Path(__file__).with_name("forked.py")), str(app), str(empty_bundle)]
    done = subprocess.run(program, capture_output=True, check=True, timeout=50)
    assert json.loads(done.stdout) == {
        "descriptors_kept": True,
        "threads": 1,
        "tasks": 1,
        "folder_kept": True,
        "statuses": ["200"] * 6,
        "dated": True,
        "title": True,
        "child_tasks": 1,
        "exit_status": 0,
    }


def test_an_app_whose_runtime_was_changed_runs_its_own(app: Path, empty_bundle: Path) -> None:
    present = app / "dataforms" / "ui" / "present.py"
    source = present.read_text()
    present.write_text(source.replace('"title": spec.title,', '"title": spec.title.upper(),'))
    forked = [sys.executable, "-c", FORK_ONE, str(app), str(empty_bundle)]
    done = subprocess.run(forked, capture_output=True, check=True, timeout=50)
    assert done.stdout == b"SHOP"


FORK_ONE = """
import asyncio, os, signal, socket, sys
from pathlib import Path
from protoddfd.zygote import serve
serve.prepare_environment()
serve.preload()
from protoddfd.zygote.visitor import open_page
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
child = os.fork()
if child == 0:
    os._exit(serve.run(Path(sys.argv[1]), "shop_app.shop", Path(sys.argv[2]), *sockets))
found = asyncio.run(open_page(sockets[0].getsockname()[1], "/", b"Ada"))
os.kill(child, signal.SIGTERM)
assert os.waitpid(child, 0)[1] == 0
sys.stdout.write("SHOP" if b"SHOP" in found[-1] else found[-1].decode())
"""


def test_a_websocket_of_another_origin_is_refused(app: Path, empty_bundle: Path) -> None:
    with served(app, empty_bundle) as (_, port):
        for origin, status in (("http://evil.example", 400), (f"http://127.0.0.1:{port}", 101)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request(
                "GET",
                "/_event/?EIO=4&transport=websocket&token=t",
                headers={
                    "Connection": "Upgrade",
                    "Upgrade": "websocket",
                    "Origin": origin,
                    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
                    "Sec-WebSocket-Version": "13",
                },
            )
            answer = connection.getresponse()
            refused = answer.status in (400, 403)
            assert refused if status == 400 else answer.status == status
            connection.close()


def test_other_origins_may_not_read_answers(app: Path, empty_bundle: Path) -> None:
    with served(app, empty_bundle) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/_health", headers={"Origin": "http://evil.example"})
        assert connection.getresponse().getheader("access-control-allow-origin") is None
        connection.close()


def test_a_program_that_is_told_to_stop_ends_with_status_zero(app: Path, empty_bundle: Path) -> None:
    with served(app, empty_bundle) as (process, port):
        assert b" 200 " in asyncio.run(get(port, "/ping"))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_an_app_that_does_not_import_ends_with_a_failure(app: Path, empty_bundle: Path) -> None:
    (app / "appspec.json").write_text("{}")
    with served(app, empty_bundle) as (process, _):
        assert process.wait(30) == 1
