"""What a real daemon measures of real apps, and how it tells."""

import signal
import socket
import sys
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from protoddfd.errors import WorkerFailed
from testbed import Daemon, http, wait_for

pytestmark = pytest.mark.e2e

FAMILY = "import subprocess, sys; subprocess.run(['sleep', '1000'])"
CHATTY = "for i in range(100): print('line', i, flush=True)\nimport time; time.sleep(1000)"

Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


def numbers(daemon: Daemon) -> Numbers:
    """Return every number by its name and labels, as Prometheus' own parser reads the text."""
    text = daemon.call("metrics.read", format="prometheus")["text"]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(daemon: Daemon, name: str, **labels: str) -> float | None:
    """Return one number, None when it is not told."""
    return numbers(daemon).get((f"protoddf_{name}", frozenset(labels.items())))


def process_of(daemon: Daemon, name: str) -> psutil.Process:
    return psutil.Process(daemon.app(name).instances[0].pid)


def test_an_app_is_measured_as_its_process_is(shared: Daemon) -> None:
    app = shared.create("crm")
    process = process_of(shared, "crm")
    found = numbers(shared)

    def of(name: str) -> float:
        return found[f"protoddf_app_{name}", frozenset({("app", "crm"), ("slot", "0")})]

    assert of("processes") == 1
    assert of("threads") == process.num_threads()
    assert abs(of("open_files") - process.num_fds()) <= 2
    assert 0 < of("memory_pss_bytes") < of("memory_rss_bytes") <= process.memory_info().rss * 1.1
    times = process.cpu_times()
    assert 0 < of("cpu_seconds_total") <= times.user + times.system + 0.02
    assert found["protoddf_app_state", frozenset({("app", "crm"), ("state", "ready")})] == 1
    assert found["protoddf_app_up", frozenset({("app", "crm")})] == 1
    assert app.ports.frontend is not None


def test_both_formats_tell_the_same_of_what_does_not_change(shared: Daemon) -> None:
    shared.create("same", start=False)
    as_json = shared.call("metrics.read")["samples"]
    states = [it for it in as_json if it["name"] == "protoddf_app_state" and it["labels"]["app"] == "same"]
    assert states == [
        {"name": "protoddf_app_state", "labels": {"app": "same", "state": "down"}, "value": 1.0}
    ]
    assert one(shared, "app_state", app="same", state="down") == 1
    assert one(shared, "app_memory_pss_bytes", app="same", slot="0") is None


def test_connections_are_counted(shared: Daemon) -> None:
    app = shared.create("busy")
    assert app.ports.frontend is not None
    with socket.create_connection(("127.0.0.1", app.ports.frontend)):
        wait_for(lambda: one(shared, "app_connections", app="busy") == 1)
    wait_for(lambda: one(shared, "app_connections", app="busy") == 0)


def test_requests_and_how_long_they_took_are_counted(shared: Daemon) -> None:
    app = shared.create("asked")
    before = one(shared, "app_requests_total", app="asked", slot="0") or 0
    for _ in range(5):
        assert http(app.ports.frontend)[0] == 200
    duration = "app_request_duration_seconds"
    wait_for(lambda: one(shared, "app_requests_total", app="asked", slot="0") == before + 5)
    wait_for(lambda: one(shared, f"{duration}_count", app="asked", slot="0") == before + 5)
    assert one(shared, f"{duration}_bucket", app="asked", slot="0", le="+Inf") == before + 5
    assert (one(shared, f"{duration}_sum", app="asked", slot="0") or 0) > 0
    assert one(shared, "app_request_errors_total", app="asked", slot="0") == 0


def test_a_command_is_measured_with_what_it_started(shared: Daemon) -> None:
    shared.adopt("family", sys.executable, "-c", FAMILY)
    wait_for(lambda: one(shared, "app_processes", app="family", slot="0") == 2)


def test_restarts_and_output_are_counted(shared: Daemon) -> None:
    shared.adopt("chatty", sys.executable, "-c", CHATTY)
    wait_for(lambda: (one(shared, "app_log_bytes_total", app="chatty", slot="0") or 0) > 700)
    assert one(shared, "app_log_lines_dropped_total", app="chatty", slot="0") == 0
    process_of(shared, "chatty").send_signal(signal.SIGKILL)
    wait_for(lambda: one(shared, "app_restarts_total", app="chatty", slot="0") == 1)


def test_the_daemon_measures_itself(shared: Daemon) -> None:
    status = shared.call("daemon.status")
    found = numbers(shared)
    told: Any = {name: value for (name, labels), value in found.items() if not labels}
    assert told["protoddf_daemon_up"] == told["protoddf_zygote_up"] == told["protoddf_logger_up"] == 1
    assert told["protoddf_daemon_degraded"] == 0
    assert told["protoddf_daemon_open_files"] >= 10
    assert told["protoddf_snapshot_writes_total"] >= 1
    assert told["protoddf_snapshot_size_bytes"] > 0
    assert told["protoddf_events_total"] >= status["apps"].get("ready", 0)
    began = told["protoddf_daemon_start_time_seconds"]
    assert abs(began - psutil.Process(status["pid"]).create_time()) < 10
    assert one(shared, "daemon_start_time_seconds") == began


def test_readings_go_on_after_the_worker_that_wrote_them_was_killed(shared: Daemon) -> None:
    assert _reads(shared)
    daemon = psutil.Process(shared.call("daemon.status")["pid"])
    workers = [child for child in daemon.children() if "protoddfd.worker" in child.cmdline()]
    assert workers
    for worker in workers:
        worker.kill()
    wait_for(lambda: _reads(shared))


def _reads(daemon: Daemon) -> bool:
    try:
        return one(daemon, "daemon_up") == 1
    except WorkerFailed:  # the reading that found it dead
        return False
