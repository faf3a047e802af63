"""The page of syncs: where rows come from, what becomes of them, how the last runs went, and a new one."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

from typing import Any

import reflex as rx

from dataforms.ui.layout import page
from dataforms.ui.parts import notice
from dataforms.ui.shapes_syncs import SyncColumn, SyncFault, SyncRow, SyncRun
from dataforms.ui.state import Ui
from dataforms.ui.words import local, t

RUN: Any = Ui.sync_run


def syncs() -> rx.Component:
    """Return the page at `/syncs`."""
    return page(
        rx.el.div(
            rx.el.div(
                rx.el.h1(t("Syncs")),
                rx.el.p(t("What is fetched from elsewhere, and how it went."), class_name="df-lead"),
                class_name="df-head-text",
            ),
            class_name="df-head",
        ),
        rx.cond(
            Ui.head["title"] == "",
            rx.el.div(class_name="df-skeleton-card"),
            rx.cond(
                Ui.syncs.length() > 0,
                rx.el.div(rx.foreach(Ui.syncs, _sync), class_name="df-syncs"),
                notice(
                    rx.icon("refresh-cw", size=26),
                    t("There is nothing to sync"),
                    t("The app fetches nothing from elsewhere, or your roles do not let you see it."),
                ),
            ),
        ),
    )


def _sync(sync: rx.Var[SyncRow]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(sync["title"]),
                rx.el.p(
                    rx.el.code(sync["place"]),
                    " → ",
                    rx.link(sync["into"], href=sync["href"], class_name="df-link"),
                    " · ",
                    sync["every"],
                    class_name="df-help",
                ),
                class_name="df-sync-text",
            ),
            _buttons(sync),
            class_name="df-sync-head",
        ),
        rx.cond(sync["unset"] != "", _unset(sync)),
        rx.cond(sync["problem"] != "", rx.el.p(sync["problem"], class_name="df-alert", role="alert")),
        rx.cond(sync["runs_now"], _progress(sync)),
        rx.cond(sync["shown"], _last(sync)),
        rx.el.details(
            rx.el.summary(t("Mapping and last runs")),
            rx.el.div(_mapping(sync), _history(sync), class_name="df-sync-more"),
        ),
        class_name="df-panel df-import-part df-sync",
        aria_label=sync["title"],
        key=sync["name"],
    )


def _buttons(sync: rx.Var[SyncRow]) -> rx.Component:
    cancel = rx.el.button(
        t("Cancel"),
        on_click=Ui.sync_cancel(sync["name"]),
        class_name="df-button is-soft",
        aria_label=t("Cancel {sync}", sync=sync["title"].to(str)),
        type="button",
    )
    start = rx.fragment(
        rx.el.button(
            t("Try"),
            on_click=RUN(sync["name"], True),
            class_name="df-button is-soft",
            title=t("Tells what would change, and changes nothing"),
            aria_label=t("Try {sync}", sync=sync["title"].to(str)),
            disabled=sync["unset"] != "",
            type="button",
        ),
        rx.el.button(
            rx.icon("refresh-cw", size=16),
            t("Run now"),
            on_click=RUN(sync["name"], False),
            class_name="df-button is-solid",
            aria_label=t("Run {sync} now", sync=sync["title"].to(str)),
            disabled=sync["unset"] != "",
            type="button",
        ),
    )
    return rx.el.div(rx.cond(sync["runs_now"], cancel, start), class_name="df-tools")


def _unset(sync: rx.Var[SyncRow]) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            t("It needs the environment variable {variable}. Set it:", variable=sync["unset"].to(str)),
        ),
        rx.el.pre(sync["command"]),
        class_name="df-sync-unset",
    )


def _progress(sync: rx.Var[SyncRow]) -> rx.Component:
    label = t("Progress of {sync}", sync=sync["title"].to(str))
    return rx.fragment(
        rx.cond(
            sync["done"] != "",
            rx.el.progress(value=sync["done"], max="100", aria_label=label),
            rx.el.progress(aria_label=label),
        ),
        rx.el.p(sync["phase"], class_name="df-muted", aria_live="polite"),
    )


def _last(sync: rx.Var[SyncRow]) -> rx.Component:
    numbers = (
        (t("Added"), t("Would be added"), sync["added"]),
        (t("Changed"), t("Would be changed"), sync["changed"]),
        (t("Unchanged"), t("Unchanged"), sync["unchanged"]),
        (t("Skipped"), t("Skipped"), sync["skipped"]),
        (t("Refused"), t("Would be refused"), sync["refused"]),
        (t("Missing there"), t("Missing there"), sync["missing"]),
    )
    tiles = [
        rx.el.div(
            rx.el.dt(rx.cond(sync["dry"], tried, done)),
            rx.el.dd(number),
            class_name="df-import-number",
        )
        for done, tried, number in numbers
    ]
    return rx.fragment(
        rx.el.p(
            _state(sync["last"].to(SyncRun)),
            _moment(sync["last"].to(SyncRun)),
            class_name="df-sync-last",
            aria_live="polite",
        ),
        rx.cond(
            sync["last"].to(SyncRun)["message"] != "",
            rx.el.p(sync["last"].to(SyncRun)["message"], class_name="df-alert"),
        ),
        rx.cond(sync["added"] != "", rx.el.dl(*tiles, class_name="df-import-numbers")),
        rx.cond(
            sync["notes"].length() > 0,
            rx.el.ul(
                rx.foreach(sync["notes"].to(list[str]), lambda note: rx.el.li(note)),
                class_name="df-import-notes",
            ),
        ),
        rx.cond(sync["faults"].length() > 0, _faults(sync)),
    )


def _state(run: rx.Var[SyncRun]) -> rx.Component:
    return rx.el.span(run["state"], class_name="df-chip " + run["look"].to(str))


def _moment(run: rx.Var[SyncRun]) -> rx.Component:
    return rx.el.span(local(run["moment"].to(str), run["text"].to(str)), " UTC", class_name="df-muted")


def _faults(sync: rx.Var[SyncRow]) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("Row"), scope="col"),
                    rx.el.th(t("Column"), scope="col"),
                    rx.el.th(t("Value"), scope="col"),
                    rx.el.th(t("Why it is refused"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(sync["faults"].to(list[SyncFault]), _fault)),
            class_name="df-import-faults",
        ),
        class_name="df-scroll df-sync-wide",
    )


def _fault(fault: rx.Var[SyncFault]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(fault["where"]),
        rx.el.td(fault["column"]),
        rx.el.td(rx.el.code(fault["text"])),
        rx.el.td(fault["reason"]),
        key=fault["key"],
    )


def _mapping(sync: rx.Var[SyncRow]) -> rx.Component:
    def column(each: rx.Var[SyncColumn]) -> rx.Component:
        return rx.el.tr(
            rx.el.th(rx.el.code(each["column"]), scope="row"),
            rx.el.td(each["field"]),
            key=each["column"],
        )

    return rx.el.table(
        rx.el.thead(
            rx.el.tr(rx.el.th(t("Column there"), scope="col"), rx.el.th(t("Field here"), scope="col"))
        ),
        rx.el.tbody(rx.foreach(sync["columns"].to(list[SyncColumn]), column)),
        class_name="df-import-faults df-sync-table",
    )


def _history(sync: rx.Var[SyncRow]) -> rx.Component:
    def run(each: rx.Var[SyncRun]) -> rx.Component:
        return rx.el.tr(
            rx.el.td(_moment(each)),
            rx.el.td(_state(each)),
            rx.el.td(each["counts"], each["message"]),
            key=each["key"],
        )

    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("Began"), scope="col"),
                rx.el.th(t("State"), scope="col"),
                rx.el.th(t("What came of it"), scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(sync["history"].to(list[SyncRun]), run)),
        class_name="df-import-faults df-sync-table",
    )
