"""The dashboard and the page about metrics name what there is, and all of it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protoddfd.core.catalogue import CATALOGUE

DOCS = Path(__file__).resolve().parents[2] / "docs"
DASHBOARD: dict[str, Any] = json.loads((DOCS / "grafana-dashboard.json").read_text(encoding="utf-8"))
PAGE = (DOCS / "metrics.md").read_text(encoding="utf-8")

NAME = re.compile(r"\bprotoddf_[a-z0-9_]+")
SELECTOR = re.compile(r"(protoddf_[a-z0-9_]+)(?:\{([^}]*)\})?")
COLUMNS = 24
OF_PROMETHEUS = {"instance", "job"}
EXPOSED = {name: metric for metric in CATALOGUE.values() for name in metric.sample_names}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Yield every PromQL expression with where it stands."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]
    for annotation in DASHBOARD["annotations"]["list"]:
        if "expr" in annotation:
            yield annotation["name"], annotation["expr"]


QUERIES = list(queries())


def test_it_is_a_dashboard_as_grafana_imports_them() -> None:
    assert DASHBOARD["schemaVersion"] >= 39
    assert DASHBOARD["id"] is None
    assert {"title", "uid", "panels", "templating", "time", "annotations"} <= DASHBOARD.keys()
    assert not [panel for panel in panels() if not {"type", "title", "gridPos", "targets"} <= panel.keys()]
    assert {panel["type"] for panel in panels()} <= {"stat", "timeseries", "table"}


def test_every_panel_has_a_number_and_a_place_of_its_own() -> None:
    numbers = Counter(panel["id"] for panel in DASHBOARD["panels"])
    assert max(numbers.values()) == 1
    taken: Counter[tuple[int, int]] = Counter()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert 0 <= at["x"] < at["x"] + at["w"] <= COLUMNS
        taken.update(
            (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
        )
    assert max(taken.values()) == 1


def test_the_data_source_the_machine_and_the_app_are_chosen_at_the_top() -> None:
    variables = {variable["name"]: variable["type"] for variable in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource": "datasource", "instance": "query", "app": "query"}
    for panel in panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)


@pytest.mark.parametrize(
    ("where", "query"), QUERIES, ids=[f"{where}-{n}" for n, (where, _) in enumerate(QUERIES)]
)
def test_a_query_asks_for_what_is_exposed(where: str, query: str) -> None:
    del where
    found = SELECTOR.findall(query)
    assert found
    assert query.count("(") == query.count(")")
    for name, matchers in found:
        assert name in EXPOSED
        known = {*EXPOSED[name].labels, *OF_PROMETHEUS}
        assert set(re.findall(r"(\w+)\s*=", matchers)) <= known
        counts = EXPOSED[name].kind != "gauge"
        ranged = re.search(re.escape(name) + r"(\{[^}]*\})?\[", query) is not None
        assert counts == ranged or "changes(" in query, (
            "rates are of counters, and counters are seen as rates"
        )


def test_grouping_is_by_labels_that_there_are() -> None:
    labels = {"le", *OF_PROMETHEUS, *(label for metric in CATALOGUE.values() for label in metric.labels)}
    for _, query in QUERIES:
        for group in re.findall(r"\bby \(([^)]*)\)", query):
            assert {label.strip() for label in group.split(",")} <= labels


def test_what_matters_is_on_the_dashboard() -> None:
    shown = {EXPOSED[name].name for _, query in QUERIES for name in NAME.findall(query)}
    left_out = {
        *("protoddf_app_state", "protoddf_app_cpu_ratio", "protoddf_app_memory_rss_bytes", "protoddf_ports"),
        *("protoddf_snapshot_last_write_timestamp_seconds", "protoddf_snapshot_size_bytes"),
        *(f"protoddf_{who}_{what}" for who in ("daemon", "zygote", "logger")
          for what in ("up", "memory_rss_bytes", "threads")),
    }  # fmt: skip
    assert set(CATALOGUE) - shown == left_out


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE)
def test_the_page_has_every_metric_as_it_is(metric: Any) -> None:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    assert f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |\n" in PAGE


def test_the_page_names_no_metric_that_there_is_not() -> None:
    assert set(NAME.findall(PAGE)) <= EXPOSED.keys() | CATALOGUE.keys()
