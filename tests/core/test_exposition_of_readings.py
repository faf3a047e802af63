"""What was read becomes metrics: which, under which names, with which values."""

import re
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.catalogue import CATALOGUE, Metric
from protoddfd.core.exposition import Family, Sample, families, samples
from protoddfd.core.readings import (
    AllRead,
    AppRead,
    DaemonRead,
    InstanceRead,
    LogRead,
    ProcessRead,
    RequestsRead,
    SnapshotRead,
    printable,
)
from protoddfd.wire.results import State

UP = ProcessRead(up=True, cpu_s=1.5, rss_bytes=30_000_000, pss_bytes=20_000_000, threads=3, open_files=40)
DAEMON = DaemonRead(
    version="1.2", python="3.11.9", started_at=1_700_000_000.0, process=UP, zygote=UP, logger=UP,
    degraded=("the disk is full",), ports=2001, ports_free=1997, events=17, followers=1,
    snapshot=SnapshotRead(writes=3, failures=1, written_at=1_700_000_001.0, size_bytes=900),
)  # fmt: skip
REQUESTS = RequestsRead(
    requests=10, errors=1, in_progress=2, websockets=3, messages=30, bounds_s=(0.1, 1.0), counts=(7, 2, 1),
    duration_sum_s=4.5,
)  # fmt: skip
INSTANCE = InstanceRead(
    slot=0, alive=True, restarts=2, cpu_s=12.5, cpu_ratio=0.25, pss_bytes=16_000_000, rss_bytes=90_000_000,
    processes=1, threads=4, open_files=15, read_bytes=0, written_bytes=4096, requests=REQUESTS,
    checks=(("http", True), ("http", False), ("database", True)),
)  # fmt: skip
APP = AppRead(
    name="crm", template="data_app", served_by="zygote", state="ready", wanted=True, connections=4,
    disk_bytes=500_000, memory_limit_bytes=1 << 28, instances=(INSTANCE,),
    logs=(LogRead(slot=0, written_bytes=77, dropped_lines=3),),
)  # fmt: skip
FULL = AllRead(daemon=DAEMON, apps=(APP,))


def values(read: AllRead) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return every number by its name and its labels' values."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families(read)
        for sample in samples(family)
    }


def test_everything_in_the_catalogue_is_exposed_when_everything_is_known() -> None:
    assert [family.metric for family in families(FULL)] == list(CATALOGUE.values())


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE)
def test_names_follow_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"protoddf(_[a-z0-9]+)+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert not re.search(r"_(ms|mib|kb|percent|minutes|count|sum|bucket)(_|$)", metric.name)
    assert metric.help[-1] in ".?"
    assert all(re.fullmatch(r"[a-z_]+", label) for label in metric.labels)
    assert not {"instance", "job", "le", "quantile"} & set(metric.labels), "Prometheus has its own of these"


def test_the_values_are_those_that_were_read() -> None:
    found = values(FULL)
    assert found["protoddf_app_up", ("crm",)] == 1
    assert found["protoddf_app_instances", ("crm",)] == 1
    assert found["protoddf_app_cpu_seconds_total", ("crm", "0")] == 12.5
    assert found["protoddf_app_memory_pss_bytes", ("crm", "0")] == 16_000_000
    assert found["protoddf_app_log_lines_dropped_total", ("crm", "0")] == 3
    assert found["protoddf_degraded", ("the disk is full",)] == 1
    assert found["protoddf_daemon_degraded", ()] == 1
    assert found["protoddf_build_info", ("1.2", "3.11.9")] == 1
    assert found["protoddf_zygote_memory_pss_bytes", ()] == 20_000_000
    assert found["protoddf_snapshot_write_failures_total", ()] == 1


def test_of_an_apps_states_only_its_own_is_listed_and_all_apps_are_counted_by_state() -> None:
    found = values(FULL)
    assert [labels for name, labels in found if name == "protoddf_app_state"] == [("crm", "ready")]
    counted = {labels[0]: count for (name, labels), count in found.items() if name == "protoddf_apps"}
    assert counted == {**dict.fromkeys(get_args(State), 0), "ready": 1}


def test_a_check_that_failed_once_did_not_pass() -> None:
    found = values(FULL)
    assert found["protoddf_app_check_ok", ("crm", "0", "http")] == 0
    assert found["protoddf_app_check_ok", ("crm", "0", "database")] == 1


def test_a_histogram_adds_up_and_ends_with_everything() -> None:
    name = "protoddf_app_request_duration_seconds"
    found = values(FULL)
    buckets = [found[f"{name}_bucket", ("crm", "0", bound)] for bound in ("0.1", "1.0", "+Inf")]
    assert buckets == [7, 9, 10]
    assert found[f"{name}_count", ("crm", "0")] == 10
    assert found[f"{name}_sum", ("crm", "0")] == 4.5


def test_what_is_not_known_is_not_said_to_be_nothing() -> None:
    instance = InstanceRead(slot=0, requests=RequestsRead(requests=0, errors=0, in_progress=0))
    app = AppRead(
        name="crm", template="", served_by="command", state="down", wanted=False, instances=(instance,)
    )
    down = ProcessRead(up=False)
    daemon = DaemonRead(
        version="1", python="3", started_at=0.0, process=UP, zygote=down, logger=down
    )  # fmt: skip
    names = {name for name, _ in values(AllRead(daemon=daemon, apps=(app,)))}
    assert "protoddf_app_memory_pss_bytes" not in names
    assert "protoddf_app_connections" not in names
    assert "protoddf_app_request_duration_seconds_count" not in names
    assert "protoddf_zygote_open_files" not in names
    assert "protoddf_degraded" not in names
    assert "protoddf_snapshot_writes_total" not in names
    assert values(AllRead(daemon=daemon))["protoddf_daemon_degraded", ()] == 0


def test_the_names_of_samples_are_those_that_the_catalogue_tells() -> None:
    for family in families(FULL):
        assert {sample.name for sample in samples(family)} == set(family.metric.sample_names)


TEXTS = st.text(max_size=20)
COUNTS = st.integers(0, 2**53)


@st.composite
def readings(draw: st.DrawFn) -> AllRead:
    """Return a reading with hostile texts, unknown parts and several instances."""
    apps = []
    for name in draw(st.lists(TEXTS, max_size=3, unique=True)):
        slots = draw(st.lists(st.integers(0, 63), max_size=3, unique=True))
        instances = tuple(
            InstanceRead(
                slot=slot,
                alive=draw(st.booleans()),
                cpu_s=draw(st.none() | st.floats(0, 1e9)),
                requests=draw(st.none() | st.just(REQUESTS)),
                checks=tuple(draw(st.lists(st.tuples(TEXTS, st.booleans()), max_size=3))),
            )
            for slot in slots
        )
        logs = tuple(LogRead(slot=slot, written_bytes=draw(COUNTS), dropped_lines=0) for slot in slots)
        apps.append(
            AppRead(
                name=name,
                template=draw(TEXTS),
                served_by="zygote",
                wanted=True,
                state=draw(st.sampled_from(get_args(State))),
                instances=instances,
                logs=logs,
            )
        )
    daemon = DaemonRead(
        version=draw(TEXTS), python="3", started_at=1.0, process=UP, zygote=UP, logger=UP,
        degraded=tuple(draw(st.lists(TEXTS, max_size=3))), events=draw(COUNTS),
    )  # fmt: skip
    return AllRead(daemon=daemon, apps=tuple(apps))


@given(readings())
def test_no_number_is_told_twice(read: AllRead) -> None:
    told = Counter((sample.name, tuple(sorted(sample.labels.items()))) for sample in _all(families(read)))
    assert [key for key, times in told.items() if times > 1] == []


def _all(found: tuple[Family, ...]) -> list[Sample]:
    return [sample for family in found for sample in samples(family)]


@given(st.text(st.characters(codec=None), max_size=30))
def test_whatever_a_text_holds_it_can_be_sent(text: str) -> None:
    sent = printable(text)
    sent.encode("utf-8")
    assert "\0" not in sent
    assert printable(sent) == sent


def test_a_name_from_the_disk_that_is_no_text_can_be_sent() -> None:
    assert printable("/srv/\udcff\0x\ny") == "/srv/?\ufffdx\ny"
