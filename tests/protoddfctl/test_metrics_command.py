"""`protoddfctl metrics`: a table for people, JSON and Prometheus' text for programs."""

import argparse
import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfctl.commands.metrics import by_app, options_metrics, quantile, run_metrics, since
from protoddfctl.session import Session
from protoddfd.core.access import Access, Caller
from protoddfd.errors import AppUnknown
from protoddfd.rpc.router import Router
from protoddfd.rpc.server import RpcServer
from protoddfd.wire import params, results
from protoddfd.wire.results import Sample

LIMIT_S = 30
TEXT = (
    "# HELP protoddf_app_up Does the app answer?\n"
    "# TYPE protoddf_app_up gauge\n"
    'protoddf_app_up{app="crm"} 1.0\n'
)
BOUNDS = ("0.01", "0.1", "1.0", "+Inf")


def sample(name: str, value: float, **labels: str) -> Sample:
    return Sample(name=f"protoddf_app_{name}", labels=labels, value=value)


def of_slot(app: str, slot: str, requests: int, buckets: tuple[int, ...]) -> list[Sample]:
    bucket = "request_duration_seconds_bucket"
    return [
        sample("cpu_seconds_total", requests / 100, app=app, slot=slot),
        sample("cpu_ratio", 0.02, app=app, slot=slot),
        sample("memory_pss_bytes", 16 * 2**20, app=app, slot=slot),
        sample("open_files", 15, app=app, slot=slot),
        sample("requests_total", requests, app=app, slot=slot),
        sample("request_errors_total", requests // 10, app=app, slot=slot),
        sample("log_lines_dropped_total", 0, app=app, slot=slot),
        *(sample(bucket, n, app=app, slot=slot, le=le) for le, n in zip(BOUNDS, buckets, strict=True)),
    ]


class Metered:
    """Serves this one method. Of its two apps one answers a hundred requests between readings."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.readings = 0
        self.stop: Callable[[], object] = lambda: None

    def metrics_read(
        self, _caller: Caller, asked: params.MetricsRead
    ) -> results.Samples | results.MetricsText:
        if asked.format == "prometheus":
            return results.MetricsText(text=TEXT)
        self.readings += 1
        n = self.readings
        return results.Samples(
            samples=(
                Sample(name="protoddf_daemon_up", value=1),
                sample("state", 1, app="crm", state="ready"),
                sample("connections", 3, app="crm"),
                *of_slot("crm", "0", 100 * n, (40 * n, 90 * n, 100 * n, 100 * n)),
                *of_slot("crm", "1", 0, (0, 0, 0, 0)),
                sample("state", 1, app="zeta", state="down"),
            )
        )

    def serve(self, ready: threading.Event) -> None:
        """Serve until `stop`; runs in a thread of its own."""

        async def until_stopped() -> None:
            stopped = asyncio.Event()
            self.stop = partial(asyncio.get_running_loop().call_soon_threadsafe, stopped.set)
            router = Router({"metrics.read": self.metrics_read})
            server = RpcServer(self.socket, router, Access(), lambda _pid: False)
            await server.start()
            ready.set()
            await stopped.wait()
            await server.close(grace_s=0.2)

        asyncio.run(until_stopped())


@pytest.fixture
def metered(tmp_path: Path) -> Iterator[Metered]:
    server = Metered(tmp_path / "d.sock")
    ready = threading.Event()
    thread = threading.Thread(target=server.serve, args=(ready,))
    thread.start()
    assert ready.wait(LIMIT_S)
    yield server
    server.stop()
    thread.join(LIMIT_S)


def run(daemon: Metered, *words: str) -> int:
    parser = argparse.ArgumentParser()
    options_metrics(parser)
    session = Session(str(daemon.socket), json="--json" in words)
    try:
        return run_metrics(session, parser.parse_args([word for word in words if word != "--json"]))
    finally:
        session.output.flush()
        session.client.close()


def table(text: str) -> dict[str, dict[str, str]]:
    """Return the cells of a printed table by its first column and its headings."""
    head, *lines = text.splitlines()
    places = [(name, head.index(name) + len(name)) for name in head.split()]
    rows = {}
    for line in lines:
        words = line.replace(" MiB", "_MiB").replace(" ms", "_ms").replace(" %", "_%").split()
        rows[words[0]] = dict(zip([name for name, _ in places], words, strict=True))
    return rows


def test_people_see_a_line_for_every_app(metered: Metered, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(metered) == 0
    shown = table(capsys.readouterr().out)
    assert shown["crm"] == {
        "APP": "crm", "STATE": "ready", "CPU": "4.0_%", "MEMORY": "32.0_MiB", "FILES": "30",
        "CONNECTIONS": "3", "REQUESTS": "100", "ERRORS": "10", "P50": "28.0_ms", "P95": "550.0_ms",
        "DROPPED": "0",
    }  # fmt: skip
    assert shown["zeta"]["STATE"] == "down"
    assert shown["zeta"]["P50"] == shown["zeta"]["MEMORY"] == "-"


def test_over_a_span_only_what_happened_in_it_is_shown(
    metered: Metered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(metered, "--over", "0.05") == 0
    shown = table(capsys.readouterr().out)["crm"]
    assert metered.readings == 2
    assert shown["ERRORS"] == "10"
    assert 0 < float(shown["REQUESTS/S"]) <= 100 / 0.05
    assert shown["P50"] == "28.0_ms"


def test_only_the_apps_that_were_named_are_shown(
    metered: Metered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(metered, "zeta") == 0
    assert list(table(capsys.readouterr().out)) == ["zeta"]
    with pytest.raises(AppUnknown, match="there is no app 'nix'"):
        run(metered, "nix")


def test_programs_get_the_text_as_it_is(metered: Metered, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(metered, "--prometheus") == 0
    assert capsys.readouterr().out == TEXT


def test_programs_get_every_number_as_json(metered: Metered, capfdbinary: Any) -> None:
    assert run(metered, "--json", "--over", "30") == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert len(told["samples"]) == 26
    assert metered.readings == 1


@pytest.mark.parametrize("words", [("--over", "0"), ("--over", "soon"), ("--over", "nan")])
def test_a_span_that_is_none_is_refused(
    words: tuple[str, ...], metered: Metered, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(metered, *words)
    assert "is no number of seconds" in capsys.readouterr().err


def test_a_count_that_began_anew_is_not_negative() -> None:
    before = by_app(of_slot("crm", "0", 500, (100, 400, 500, 500)))
    after = by_app(of_slot("crm", "0", 20, (10, 20, 20, 20)))
    grown = since(before, after)["crm"]
    assert grown.sums["requests"] == 20
    assert grown.sums["memory"] == 16 * 2**20
    assert list(grown.buckets.values()) == [10, 20, 20, 20]


def test_an_app_that_came_meanwhile_counts_from_nothing() -> None:
    assert since({}, by_app(of_slot("new", "0", 50, (50,) * 4)))["new"].sums["requests"] == 50


def test_no_request_has_no_latency() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({0.1: 0.0, float("inf"): 0.0}, 0.5) is None


def test_what_took_longer_than_the_greatest_bound_is_said_to() -> None:
    assert quantile({0.1: 1.0, float("inf"): 10.0}, 0.5) == float("inf")


@given(
    st.lists(st.integers(0, 100), min_size=2, max_size=10).filter(any),
    st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]),
)
def test_a_quantile_lies_in_the_bucket_that_reaches_it(counts: list[int], part: float) -> None:
    bounds = [0.001 * 2**place for place in range(len(counts) - 1)] + [float("inf")]
    buckets = {bound: float(sum(counts[: place + 1])) for place, bound in enumerate(bounds)}
    found = quantile(buckets, part)
    assert found is not None
    rank = part * sum(counts)
    reached = next(bound for bound in bounds if buckets[bound] >= rank and buckets[bound] > 0)
    below = max((bound for bound in bounds if bound < reached), default=0.0)
    assert below <= found <= reached
