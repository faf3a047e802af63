"""What `top` makes of two looks at what was counted."""

from protoddfctl.commands.metrics import AppFigures
from protoddfctl.commands.top import Choice, _chosen, uses_of


def figures(requests: float, buckets: dict[float, float], cpu_ratio: float = 0.25) -> AppFigures:
    app = AppFigures()
    app.state = "ready"
    app.sums = {"cpu_ratio": cpu_ratio, "memory": 1024.0, "requests": requests, "errors": 0.0}
    app.buckets = buckets
    return app


def test_requests_are_those_between_the_looks() -> None:
    bounds = {0.1: 10.0, 1.0: 10.0, float("inf"): 10.0}
    later = {0.1: 10.0, 1.0: 14.0, float("inf"): 14.0}
    (use,) = uses_of({"crm": figures(10, bounds)}, {"crm": figures(14, later)}, 2.0)
    assert (use.cpu_percent, use.memory_bytes, use.requests_per_s) == (25.0, 1024.0, 2.0)
    assert use.p95_s is not None
    assert 0.9 < use.p95_s <= 1.0


def test_an_app_that_is_new_has_no_rate_yet_and_a_span_beyond_all_bounds_is_the_greatest() -> None:
    (use,) = uses_of({}, {"crm": figures(5, {0.1: 0.0, 1.0: 0.0, float("inf"): 5.0})}, 2.0)
    assert (use.requests_per_s, use.p95_s) == (None, 1.0)


def test_scrolling_stays_within_the_rows() -> None:
    choice = Choice()
    assert _chosen(choice, "up", 5, 20).top == 0
    assert _chosen(choice, "page down", 5, 20).top == 5
    assert _chosen(choice, "end", 5, 20).top == 15
    assert _chosen(choice, "down", 5, 3).top == 0
    assert _chosen(choice._replace(top=4), "m", 5, 20) == Choice("memory", turned=False, top=0)
