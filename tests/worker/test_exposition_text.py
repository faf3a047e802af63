"""Metrics as Prometheus reads them and as JSON: the same numbers, whatever texts are in the labels."""

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from protoddfd.core.exposition import families, samples
from protoddfd.core.readings import (
    AllRead,
    AppRead,
    DaemonRead,
    InstanceRead,
    ProcessRead,
    RequestsRead,
    printable,
)
from protoddfd.edge.worker_client import WorkerPool
from protoddfd.wire import results
from protoddfd.worker import messages
from protoddfd.worker.exposition import expose

UP = ProcessRead(up=True, cpu_s=0.1, rss_bytes=1, pss_bytes=1, threads=1, open_files=1)
BOUNDS_S = (0.005, 0.01, 0.1, 1.0, 10.0)
HOSTILE = (
    'a"b', "a\\b", "a\\nb", "a\nb", "\\", '"', "}", '",x="y', "# HELP", "\r", "\u2028", "é😀", "", " ", "\x7f"
)  # fmt: skip
TEXTS = st.text(max_size=20).map(printable) | st.sampled_from(HOSTILE)


def reading(reasons: tuple[str, ...], template: str, counts: tuple[int, ...], cpu_s: float) -> AllRead:
    requests = RequestsRead(
        requests=sum(counts), errors=0, in_progress=0, bounds_s=BOUNDS_S, counts=counts,
        duration_sum_s=cpu_s,
    )  # fmt: skip
    instance = InstanceRead(slot=0, alive=True, cpu_s=cpu_s, requests=requests, checks=((template, True),))
    app = AppRead(
        name="crm", template=template, served_by="zygote", state="ready", wanted=True, instances=(instance,)
    )
    daemon = DaemonRead(
        version="1", python="3", started_at=1.5e9, process=UP, zygote=UP, logger=UP, degraded=reasons
    )
    return AllRead(daemon=daemon, apps=(app,))


READINGS = st.builds(
    reading,
    st.lists(TEXTS, max_size=4).map(tuple),
    TEXTS,
    st.tuples(*[st.integers(0, 10**9)] * 6),
    st.floats(0, 1e12),
)

Numbers = set[tuple[str, frozenset[tuple[str, str]], float]]


def exposed(read: AllRead) -> Numbers:
    return {
        (sample.name, frozenset(sample.labels.items()), sample.value)
        for family in families(read)
        for sample in samples(family)
    }


@given(READINGS)
def test_prometheus_own_parser_reads_back_what_was_read(read: AllRead) -> None:
    told = expose(msgspec.json.encode(read), "prometheus")
    assert isinstance(told, results.MetricsText)
    parsed = list(text_string_to_metric_families(told.text))
    found = {
        (sample.name, frozenset(sample.labels.items()), sample.value)
        for family in parsed
        for sample in family.samples
    }
    assert found == exposed(read)
    kinds = {family.name: family.type for family in parsed}
    for family in families(read):
        assert kinds[family.metric.name.removesuffix("_total")] == family.metric.kind


@given(READINGS)
def test_json_has_the_same_numbers(read: AllRead) -> None:
    told = expose(msgspec.json.encode(read), "json")
    sent = msgspec.json.decode(msgspec.json.encode(told), type=results.Samples)
    assert {(it.name, frozenset(it.labels.items()), it.value) for it in sent.samples} == exposed(read)


def test_every_metric_is_explained_once_and_the_text_ends_with_a_line() -> None:
    told = expose(msgspec.json.encode(reading(("full",), "data_app", (1,) * 6, 1.0)), "prometheus")
    assert isinstance(told, results.MetricsText)
    lines = told.text.split("\n")
    assert lines[-1] == ""
    explained = [line.split()[2] for line in lines if line.startswith("# HELP ")]
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert explained == typed
    assert len(explained) == len(set(explained))


@pytest.mark.e2e
def test_the_daemon_does_not_load_prometheus_library() -> None:
    program = "import sys, protoddfd.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not [name for name in done.stdout.split() if name.startswith(("prometheus_client", "http.server"))]


@pytest.mark.e2e
@pytest.mark.anyio
async def test_a_worker_writes_either_format() -> None:
    pool = WorkerPool(processes=1, memory_mib=1024, time_s=60)
    read = msgspec.Raw(msgspec.json.encode(reading(("full",), "data_app", (1,) * 6, 1.0)))
    try:
        text = await pool.run(messages.Expose(read=read, format="prometheus"))
        values = await pool.run(messages.Expose(read=read, format="json"))
    finally:
        await pool.close()
    assert 'protoddf_app_up{app="crm"} 1.0\n' in msgspec.json.decode(text, type=results.MetricsText).text
    found = msgspec.json.decode(values, type=results.Samples).samples
    assert results.Sample(name="protoddf_app_up", labels={"app": "crm"}, value=1.0) in found
