"""`protoddfctl logs`: what it asks for, several apps at once, and structured lines for people."""

import json
import time
from typing import Any

import pytest

from protoddfctl.commands.logs import structured
from protoddfctl.session import Output


@pytest.mark.e2e
def test_every_option_is_handed_on(daemon: Any, run: Any) -> None:
    words = ["--until", "2026-01-02T00:00:00Z", "--pattern", "a+$", "--match", "b", "--instance", "0"]
    assert run("logs", "crm", *words, "--since", "1767225600").returncode == 0
    asked = daemon.asked("app.logs")
    assert (asked.until, asked.pattern, asked.match) == ("2026-01-02T00:00:00Z", "a+$", "b")
    assert (asked.instance, asked.since, asked.follow) == (0, "1767225600", False)


@pytest.mark.e2e
@pytest.mark.parametrize(("ago", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400)])
def test_times_may_be_told_from_now_backwards(daemon: Any, run: Any, ago: str, seconds: int) -> None:
    before = time.time()
    run("logs", "crm", "--since", ago)
    assert before - seconds - 1 <= float(daemon.asked("app.logs").since) <= time.time() - seconds


@pytest.mark.e2e
def test_several_apps_are_told_apart(daemon: Any, run: Any) -> None:
    del daemon
    shown = run("logs", "crm", "inventory", "-n", "4").stdout.splitlines()
    assert len(shown) == 4
    assert {line.split()[0] for line in shown} == {"crm", "inventory"}
    followed = run("logs", "crm", "inventory", "-f", "-n", "0", "--json").stdout.splitlines()
    records = [json.loads(line) for line in followed]
    assert sorted(each["app"] for each in records) == ["crm"] * 3 + ["inventory"] * 3
    assert {each["text"] for each in records} == {"more 0", "more 1", "more 2"}


def output(*, coloured: bool) -> Output:
    found = Output()
    found.coloured = coloured
    return found


def test_a_structured_line_is_its_level_its_message_and_the_rest() -> None:
    fields = {"level": "warn", "ts": 1, "msg": "disk \x1b[2Jlow", "free": 3, "of": {"a": [1]}, "s": "x y"}
    shown = structured(output(coloured=False), "warn", fields)
    assert shown == 'warn    disk \ufffd[2Jlow free=3 of={"a":[1]} s=x y'


@pytest.mark.parametrize(
    ("level", "colour"),
    [("ERROR", "31"), ("fatal", "31"), ("Warning", "33"), ("info", "32"), ("DEBUG", "2"), ("50", "31")],
)
def test_levels_are_coloured(level: str, colour: str) -> None:
    assert structured(output(coloured=True), level, {"level": level, "a": 1}).startswith(f"\x1b[{colour}m")


def test_levels_of_a_programs_own_are_shown_as_they_are() -> None:
    assert structured(output(coloured=True), "odd", {"level": "odd", "event": "x"}).startswith("odd     ")
