"""Writes metrics as JSON or as Prometheus' text, the latter by Prometheus' own library."""

import gc
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as PrometheusMetric
from prometheus_client.registry import Collector

from protoddfd.core.exposition import Family, bound_text, families, samples
from protoddfd.core.readings import AllRead
from protoddfd.wire import results

_decode = msgspec.json.Decoder(AllRead).decode


def expose(read: bytes, wanted: Literal["json", "prometheus"]) -> results.Samples | results.MetricsText:
    """Return what was read (an AllRead as JSON) in the format that is wanted."""
    gc.disable()  # tens of thousands of samples, no circle among them, and a third more time to look for one
    try:
        return _exposed(families(_decode(read)), wanted)
    finally:
        gc.enable()


def _exposed(
    found: tuple[Family, ...], wanted: Literal["json", "prometheus"]
) -> results.Samples | results.MetricsText:
    if wanted == "prometheus":
        return results.MetricsText(text=prometheus_text(found))
    return results.Samples(
        samples=tuple(
            results.Sample(name=sample.name, labels=sample.labels, value=sample.value)
            for family in found
            for sample in samples(family)
        )
    )


def prometheus_text(found: Iterable[Family]) -> str:
    """Return Prometheus' text of `found`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(found))
    return generate_latest(registry).decode()


class _Once(Collector):
    """Hands what there is to the library."""

    def __init__(self, found: Iterable[Family]) -> None:
        self._found = found

    def collect(self) -> Iterator[PrometheusMetric]:
        """Yield every family in the library's own form."""
        return map(_as_library_has_it, self._found)


def _as_library_has_it(family: Family) -> PrometheusMetric:
    name, kind, labels, text = family.metric
    if kind == "histogram":
        histogram = HistogramMetricFamily(name, text, labels=labels)
        for spread in family.spreads:
            buckets = [(bound_text(bound), float(count)) for bound, count in spread.buckets]
            histogram.add_metric(spread.labels, buckets, spread.total)
        return histogram
    made = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
    simple = made(name, text, labels=labels)
    for point in family.points:
        simple.add_metric(point.labels, point.value)
    return simple
