"""A generated app runs without Proto-DDF: its own run.sh, outside the checkout, from nothing."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from protoddfd.generate.render import generate

TEMPLATE = Path(__file__).parent.parent.parent / "templates" / "data_app"
EXAMPLE_SPEC = (TEMPLATE / "{{cookiecutter.name}}" / "appspec.json").read_text()
FIRST_ANSWER_S = 240
STOPPED_S = 20

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(600)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answer(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as response:
        body: bytes = response.read()
        return body


def wait_for(url: str, process: "subprocess.Popen[bytes]", limit_s: float) -> bytes:
    end = time.monotonic() + limit_s
    while True:
        assert process.poll() is None, "run.sh ended early"
        try:
            return answer(url)
        except OSError:
            assert time.monotonic() < end, f"{url} does not answer"
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # "json": the hardest name there is, since the app's module is called like one of Python's.
    folder = tmp_path_factory.mktemp("alone") / "json"
    generate(TEMPLATE, folder, "json", EXAMPLE_SPEC.replace("{{ cookiecutter.name }}", "json").encode())
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_an_app_runs_alone_on_its_two_ports_and_stops_without_a_trace(
    app: Path, sent: signal.Signals
) -> None:
    page, api = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if "REFLEX" not in name}
    environment.update(FRONTEND_PORT=str(page), BACKEND_PORT=str(api))
    with subprocess.Popen(
        [app / "run.sh"], cwd="/", env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            assert b"<html" in wait_for(f"http://127.0.0.1:{page}/", process, FIRST_ANSWER_S)
            assert wait_for(f"http://127.0.0.1:{page}/ping", process, 10) == b'"pong"'
            assert wait_for(f"http://127.0.0.1:{api}/ping", process, 30) == b'"pong"'
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            process.send_signal(sent)
            assert process.wait(STOPPED_S) == 0
            _, alive = psutil.wait_procs(family[1:], timeout=5)
            assert alive == []
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
