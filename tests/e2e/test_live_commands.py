"""The command line as a person sees it: live views, progress, logs of several apps, on a real terminal."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from terminal import Terminal
from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e

CTL = [sys.executable, "-m", "protoddfctl"]
BUSY = "while True: pass"
IDLE = "import time; time.sleep(1e6)"
TALKS = "import sys, time\nfor n in range(10**6): print(sys.argv[1], n, flush=True); time.sleep(0.2)"
LEAVES = "raise SystemExit(3)"

On = Callable[..., Terminal]


@pytest.fixture
def on(daemon: Daemon) -> On:
    """Return what runs the command line on a terminal of its own."""

    def on(*words: str, **options: Any) -> Terminal:
        return Terminal([*CTL, *words], environ={"PROTODDF_SOCKET": str(daemon.socket)}, **options)

    return on


def run(daemon: Daemon, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*CTL, *words], env={**os.environ, "PROTODDF_SOCKET": str(daemon.socket), **environ},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def says(words: str) -> Callable[[Terminal], bool]:
    return lambda terminal: words in " ".join(" ".join(terminal.picture).split())


def test_the_status_is_watched_live_and_through_a_restart_of_the_daemon(daemon: Daemon, on: On) -> None:
    with on("status", "--watch", columns=60, lines=20) as terminal:
        terminal.wait_for(says("apps: none"))
        daemon.adopt("worker", sys.executable, "-c", IDLE)
        terminal.wait_for(says("apps: 1: 1 ready"))
        assert any(line.startswith("worker") and "ready" in line for line in terminal.picture)
        assert any("app.changed worker" in line for line in terminal.picture)
        daemon.call("app.stop", name="worker")
        terminal.wait_for(says("apps: 1: 1 down"))
        assert max(map(len, terminal.picture)) <= 60
        assert len(terminal.picture) == 20
        daemon.stop(signal.SIGUSR2)
        terminal.wait_for(says("no news: "))
        daemon.start()
        terminal.wait_for(lambda it: says("apps: 1: 1 down")(it) and not says("no news")(it))
        terminal.resize(40, 10)
        terminal.wait_for(lambda it: len(it.picture) == 10 and max(map(len, it.picture)) <= 40)
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.raw.endswith("\x1b[?25h\x1b[?1049l")


def test_an_app_in_trouble_stands_first_with_its_reason(daemon: Daemon, on: On) -> None:
    daemon.adopt("a_well_one", sys.executable, "-c", IDLE)
    daemon.adopt("trouble", sys.executable, "-c", LEAVES, restart="never", start=False)
    run(daemon, "start", "trouble")
    with on("status", "--watch", columns=100) as terminal:
        terminal.wait_for(says("1 failed"))
        rows = [line.split()[0] for line in terminal.picture if line.startswith(("trouble", "a_well"))]
        assert rows == ["trouble", "a_well_one"]
        assert says("exited")(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_terminal_is_given_back_at_every_end(daemon: Daemon, on: On, number: signal.Signals) -> None:
    with on("top") as terminal:
        terminal.wait_for(says("q end"))
        terminal.process.send_signal(number)
        assert terminal.end() in (128 + number, 130)
        assert "\x1b[?1049l" in terminal.raw
        assert "Traceback" not in terminal.raw


def test_a_view_comes_back_after_it_was_put_aside(daemon: Daemon, on: On) -> None:
    with on("top") as terminal:
        terminal.wait_for(says("q end"))
        before = terminal.raw.count("\x1b[?1049h")
        terminal.type("\x1a")
        terminal.wait_for(lambda it: it.raw.endswith("\x1b[?1049l"))
        process = psutil.Process(terminal.process.pid)
        wait_for(lambda: process.status() == psutil.STATUS_STOPPED)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for(lambda it: it.raw.count("\x1b[?1049h") == before + 1)
        terminal.type("q")
        assert terminal.end() == 0


@pytest.mark.parametrize("option", ["--watch", "--json"])
def test_without_a_terminal_changes_are_lines_or_json(daemon: Daemon, option: str) -> None:
    watching = subprocess.Popen(
        [*CTL, "status", "--watch", option], env={**os.environ, "PROTODDF_SOCKET": str(daemon.socket)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    seen = [watching.stdout.readline()]
    daemon.adopt("worker", sys.executable, "-c", IDLE)
    while "ready" not in seen[-1]:
        seen.append(watching.stdout.readline())
    watching.send_signal(signal.SIGINT)
    watching.communicate(timeout=30)
    assert watching.returncode == 130
    if option == "--json":
        assert [json.loads(line)["apps"] for line in (seen[0], seen[-1])] == [{}, {"ready": 1}]
    else:
        assert [line.split(" ", 1)[1] for line in (seen[0], seen[-1])] == [
            "apps: none\n",
            "apps: 1: 1 ready\n",
        ]


def test_top_shows_who_is_busy_and_sorts_as_keys_say(daemon: Daemon, on: On) -> None:
    daemon.adopt("a_calm_one", sys.executable, "-c", IDLE)
    daemon.adopt("busy", sys.executable, "-c", BUSY)

    def order(terminal: Terminal) -> list[str]:
        return [line.split()[0] for line in terminal.picture if line.startswith(("a_calm", "busy"))]

    def cpu_of_busy(terminal: Terminal) -> float:
        return next(float(line.split()[2]) for line in terminal.picture if line.startswith("busy"))

    with on("top", "--every", "1", columns=80, lines=12) as terminal:
        terminal.wait_for(lambda it: order(it) == ["busy", "a_calm_one"] and cpu_of_busy(it) > 3)
        terminal.type("n")
        terminal.wait_for(lambda it: order(it) == ["a_calm_one", "busy"])
        terminal.type("r")
        terminal.wait_for(lambda it: order(it) == ["busy", "a_calm_one"])
        assert max(map(len, terminal.picture)) <= 80
        terminal.type("q")
        assert terminal.end() == 0
    uses = json.loads(run(daemon, "top", "--json", "--every", "1").stdout)["apps"]
    assert [use["name"] for use in uses] == ["busy", "a_calm_one"]
    once = run(daemon, "top", "--sort", "name", "--every", "1").stdout.splitlines()
    assert [line.split()[0] for line in once] == ["APP", "a_calm_one", "busy"]


@pytest.mark.long
def test_top_scrolls_through_many_apps(daemon: Daemon, on: On) -> None:
    for number in range(20):
        daemon.adopt(f"w{number:02}", sys.executable, "-c", IDLE, start=False)

    def names(terminal: Terminal) -> list[str]:
        return [line.split()[0] for line in terminal.picture if line.startswith("w")]

    with on("top", "--sort", "name", "--every", "1", columns=50, lines=10) as terminal:
        terminal.wait_for(lambda it: names(it)[:1] == ["w00"])
        page = len(names(terminal))
        assert 0 < page < 20
        terminal.type("\x1b[B")
        terminal.wait_for(lambda it: names(it)[:1] == ["w01"])
        terminal.type("\x1b[F")
        terminal.wait_for(lambda it: names(it)[-1:] == ["w19"])
        terminal.type("\x1b[H")
        terminal.wait_for(lambda it: names(it)[:1] == ["w00"])
        terminal.type("q")
        assert terminal.end() == 0


def test_logs_of_several_apps_are_followed_each_in_a_colour_of_its_own(daemon: Daemon, on: On) -> None:
    for name in ("one", "three"):
        daemon.adopt(name, sys.executable, "-c", TALKS, name)
    with on("logs", "--all", "-f", "-n", "0") as terminal:
        terminal.wait_for(lambda it: it.plain.count("one ") > 3 and it.plain.count("three ") > 3)
        assert "\x1b[36mone  \x1b[0m " in terminal.raw
        assert "\x1b[35mthree\x1b[0m " in terminal.raw
        daemon.call("app.delete", name="three")
        more = terminal.raw.count("\x1b[36mone")
        terminal.wait_for(lambda it: it.raw.count("\x1b[36mone") > more + 3)
        terminal.type("\x03")
        assert terminal.end() == 130
    piped = run(daemon, "logs", "--all", "-n", "2").stdout
    assert "\x1b" not in piped
    assert run(daemon, "logs").returncode == 2


def test_create_shows_how_far_it_is_and_ends_with_the_address(daemon: Daemon, on: On, tmp_path: Path) -> None:
    data = tmp_path / "people.csv"
    data.write_text("name,age\n" + "".join(f"Name {n},{n % 90}\n" for n in range(5_000)))
    with on("create", "people", "--from", str(data), columns=50) as terminal:
        assert terminal.end(90) == 0
    url = daemon.app("people").url
    assert terminal.raw.endswith(f"\r\x1b[Kpeople is ready: {url}\r\n")
    shown = terminal.raw.split("\r\x1b[K")
    assert any("%" in line and "loading" in line for line in shown)
    assert max(map(len, shown[:-1])) < 50
    assert "\x1b" not in run(daemon, "create", "again", "--from", str(data)).stderr


def test_open_starts_an_app_that_is_down_and_opens_it_in_the_browser(daemon: Daemon, tmp_path: Path) -> None:
    app = daemon.create("shop", start=False)
    asked = tmp_path / "asked"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {shlex.quote(str(asked))}.new; mv {asked}.new {asked}\n')
    browser.chmod(0o755)
    assert run(daemon, "open", "shop", "--print", BROWSER=str(browser)).stdout == f"{app.url}\n"
    assert daemon.app("shop").state == "down"
    assert not asked.exists()
    assert run(daemon, "open", "shop", BROWSER=str(browser)).stdout == f"{app.url}\n"
    assert daemon.app("shop").state == "ready"
    wait_for(asked.exists)
    assert asked.read_text() == app.url
