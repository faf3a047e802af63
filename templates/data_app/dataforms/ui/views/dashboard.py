"""A dashboard: numbers and charts, drawn with plain elements and SVG, the figures of each in a table."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.parts import notice
from dataforms.ui.shapes import Choice
from dataforms.ui.state import Ui
from dataforms.ui.views.shapes import Bar, Chart, Sieve, Slice
from dataforms.ui.views.tabs import tabs
from dataforms.ui.words import local, t


def dashboard() -> rx.Component:
    """Return the dashboard below its heading."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(rx.el.h1(Ui.vista["title"]), class_name="df-head-text"),
            class_name="df-head",
        ),
        tabs(),
        _filters(),
        rx.match(
            Ui.vista["state"],
            (
                "loading",
                rx.el.div(
                    *(rx.el.div(class_name="df-skeleton-card") for _ in range(4)),
                    class_name="df-charts",
                    aria_busy="true",
                ),
            ),
            (
                "empty",
                notice(
                    rx.icon("chart-column", size=26),
                    t("Nothing to show here"),
                    t("You do not get to see what this dashboard is about."),
                ),
            ),
            rx.el.div(rx.foreach(Ui.dashboard["charts"].to(list[Chart]), _chart), class_name="df-charts"),
        ),
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Ui.dashboard["dated"],
            rx.fragment(
                rx.el.label(
                    rx.el.span(t("Time")),
                    rx.el.select(
                        rx.el.option(t("All"), value=""),
                        rx.el.option(t("This month"), value="month"),
                        rx.el.option(t("Last month"), value="last_month"),
                        rx.el.option(t("This quarter"), value="quarter"),
                        rx.el.option(t("This year"), value="year"),
                        rx.el.option(t("Last year"), value="last_year"),
                        rx.el.option(t("From … to …"), value="own", disabled=True),
                        value=Ui.dashboard["span"],
                        on_change=Ui.dashboard_span,
                        class_name="df-input is-select",
                    ),
                ),
                _day("first", t("From"), Ui.dashboard["first"]),
                _day("last", t("To"), Ui.dashboard["last"]),
            ),
        ),
        rx.foreach(Ui.dashboard["sieves"].to(list[Sieve]), _sieve),
        class_name="df-sieves",
    )


def _day(end: str, label: rx.Var[str], value: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.span(label),
        rx.el.input(
            type="date",
            default_value=value,
            on_blur=lambda text: Ui.dashboard_day(end, text),
            key=value,
            class_name="df-input",
        ),
    )


def _sieve(sieve: rx.Var[Sieve]) -> rx.Component:
    return rx.el.label(
        rx.el.span(sieve["label"]),
        rx.el.select(
            rx.el.option(t("All"), value=""),
            rx.foreach(
                sieve["options"].to(list[Choice]),
                lambda each: rx.el.option(each["text"], value=each["value"], key=each["value"]),
            ),
            value=sieve["value"],
            on_change=lambda value: Ui.dashboard_pick(sieve["name"], value),
            class_name="df-input is-select",
        ),
        key=sieve["name"],
    )


def _chart(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(chart["title"]),
        rx.cond(
            chart["note"] != "",
            rx.el.p(chart["note"], class_name="df-note"),
            rx.match(
                chart["kind"],
                (
                    "number",
                    rx.el.p(local(chart["local"].to(str), chart["number"].to(str)), class_name="df-number"),
                ),
                ("table", _table(chart)),
                ("bar", rx.fragment(_bars(chart), _axis(chart), _figures(chart))),
                ("pie", rx.fragment(_pie(chart), _figures(chart))),
                rx.fragment(_line(chart), _axis(chart), _figures(chart)),
            ),
        ),
        class_name=chart["look"],
        key=chart["key"],
    )


def _bars(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.div(
        rx.cond(chart["top"] != "", _top(chart)),
        rx.foreach(
            chart["bars"].to(list[Bar]),
            lambda bar: rx.el.div(
                rx.el.span(bar["label"], class_name="df-chart-bar-label"),
                rx.el.span(
                    rx.el.span(
                        style={"--size": bar["size"]}, class_name="df-chart-bar-fill " + bar["look"].to(str)
                    ),
                    class_name="df-chart-bar-track",
                ),
                rx.el.span(_figure(bar), class_name="df-chart-bar-text"),
                title=bar["label"].to(str) + ": " + _figure(bar),
                class_name="df-chart-bar",
                key=bar["label"],
            ),
        ),
        class_name="df-chart-bars",
        aria_hidden="true",
    )


def _line(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.div(
        _top(chart),
        rx.el.span(
            local(chart["bottom_local"].to(str), chart["bottom"].to(str)), class_name="df-line-bottom"
        ),
        rx.el.svg(
            rx.el.path(d=chart["area"], class_name="df-line-area"),
            rx.el.path(d=chart["line"], class_name="df-line-stroke", vector_effect="non-scaling-stroke"),
            view_box="0 0 100 100",
            preserve_aspect_ratio="none",
        ),
        class_name="df-line-chart",
        aria_hidden="true",
    )


def _top(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.span(local(chart["top_local"].to(str), chart["top"].to(str)), class_name="df-line-top")


def _axis(chart: rx.Var[Chart]) -> rx.Component:
    return rx.cond(
        chart["ends"].to(list[str]).length() > 0,
        rx.el.div(
            rx.foreach(chart["ends"].to(list[str]), lambda text: rx.el.span(text, key=text)),
            class_name="df-axis",
            aria_hidden="true",
        ),
    )


def _pie(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.div(
        rx.el.svg(
            rx.foreach(
                chart["slices"].to(list[Slice]),
                lambda part: rx.el.path(d=part["path"], class_name="df-slice " + part["look"].to(str)),
            ),
            view_box="0 0 100 100",
            class_name="df-ring",
        ),
        rx.el.ul(
            rx.foreach(
                chart["bars"].to(list[Bar]),
                lambda bar: rx.el.li(
                    rx.el.span(class_name="df-hue " + bar["look"].to(str)),
                    rx.el.span(bar["label"], class_name="df-legend-label"),
                    rx.el.span(_figure(bar), class_name="df-chart-bar-text"),
                    key=bar["label"],
                ),
            ),
            class_name="df-legend",
        ),
        class_name="df-pie",
        aria_hidden="true",
    )


def _figures(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.details(rx.el.summary(t("Figures")), _table(chart), class_name="df-figures")


def _table(chart: rx.Var[Chart]) -> rx.Component:
    return rx.el.table(
        rx.el.caption(chart["title"], class_name="df-hidden"),
        rx.el.thead(rx.el.tr(rx.el.th(chart["group"], scope="col"), rx.el.th(chart["measure"], scope="col"))),
        rx.el.tbody(
            rx.foreach(
                chart["bars"].to(list[Bar]),
                lambda bar: rx.el.tr(
                    rx.el.th(bar["label"], scope="row"), rx.el.td(_figure(bar)), key=bar["label"]
                ),
            )
        ),
        class_name="df-figure-table",
    )


def _figure(bar: rx.Var[Bar]) -> rx.Var[str]:
    return local(bar["local"].to(str), bar["text"].to(str))
