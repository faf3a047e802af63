"""A calendar: a month, a week, or the agenda that phones always get; records are moved from day to day."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.state import Ui
from dataforms.ui.views.frame import head, skeleton
from dataforms.ui.views.moving import Moves
from dataforms.ui.views.shapes import Day, Event
from dataforms.ui.words import local, t


def calendar() -> rx.Component:
    """Return the calendar below its heading."""
    return rx.fragment(
        head(),
        rx.cond(
            Ui.calendar["days"].to(list[Day]).length() == 0,
            skeleton(),
            rx.fragment(
                _bar(),
                rx.cond(Ui.calendar["note"] != "", rx.el.p(Ui.calendar["note"], class_name="df-note")),
                rx.cond(Ui.calendar["busy"], rx.fragment(), _nothing()),
                rx.cond(Ui.calendar["mode"] != "agenda", _grid()),
                _agenda(),
            ),
        ),
    )


def _bar() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _turn("chevron-left", t("Before"), -1),
            rx.el.button(
                t("Today"), on_click=Ui.calendar_turn(0), class_name="df-button is-soft", type="button"
            ),
            _turn("chevron-right", t("After"), 1),
            class_name="df-turns",
        ),
        rx.el.h2(_title(), aria_live="polite", class_name="df-calendar-title"),
        rx.el.div(
            _mode("month", t("Month")),
            _mode("week", t("Week")),
            _mode("agenda", t("Agenda")),
            class_name="df-modes",
            role="group",
            aria_label=t("What is shown"),
        ),
        class_name="df-calendar-bar",
    )


def _nothing() -> rx.Component:
    nearest = Ui.calendar["nearest"].to(str)
    return rx.el.p(
        rx.el.span(t("Nothing on these days. Turn to others, or add something.")),
        rx.cond(
            nearest != "",
            rx.el.button(
                t("Go to {day}", day=local("day " + nearest, nearest)),
                on_click=Ui.calendar_go(nearest),
                class_name="df-button is-soft is-small",
                type="button",
            ),
        ),
        class_name="df-note df-nothing",
    )


def _title() -> rx.Var[str]:
    return local(Ui.calendar["local"].to(str), Ui.calendar["title"].to(str))


def _name(day: rx.Var[Day]) -> rx.Var[str]:
    return local("day " + day["iso"].to(str), day["name"].to(str))


def _turn(icon: str, label: rx.Var[str], step: int) -> rx.Component:
    return rx.el.button(
        rx.icon(icon, size=16),
        on_click=Ui.calendar_turn(step),
        class_name="df-ghost is-framed",
        aria_label=label,
        title=label,
        type="button",
    )


def _mode(mode: str, label: rx.Var[str]) -> rx.Component:
    return rx.el.button(
        label,
        on_click=Ui.calendar_mode(mode),
        class_name="df-mode",
        aria_pressed=rx.cond(Ui.calendar["mode"] == mode, "true", "false"),
        type="button",
    )


def _grid() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.foreach(Ui.calendar["weekdays"].to(list[str]), lambda name: rx.el.span(name, key=name)),
            class_name="df-weekdays",
            aria_hidden="true",
        ),
        rx.el.p(t("Shift and an arrow key move the entry."), id="df-moving", class_name="df-hidden"),
        Moves.create(
            rx.foreach(Ui.calendar["days"].to(list[Day]), _day),
            rows=7,
            label=_title(),
            on_moved=Ui.move_event,
            class_name="df-days is-" + Ui.calendar["mode"].to(str),
        ),
        class_name="df-calendar-grid",
    )


def _day(day: rx.Var[Day]) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.span(day["number"], class_name="df-day-number"),
            rx.cond(Ui.vista["may_add"], _add(day)),
        ),
        rx.el.ul(rx.foreach(day["events"].to(list[Event]), _event)),
        rx.cond(
            day["more"] != "",
            rx.el.button(
                day["more"],
                on_click=Ui.calendar_week(day["iso"]),
                class_name="df-text-button df-more",
                type="button",
            ),
        ),
        class_name="df-day " + day["look"].to(str),
        data_drop=day["iso"],
        aria_label=_name(day),
        key=day["iso"],
    )


def _add(day: rx.Var[Day]) -> rx.Component:
    return rx.el.button(
        rx.icon("plus", size=14),
        on_click=Ui.day_add(day["iso"]),
        class_name="df-day-add",
        aria_label=t("Add on {day}", day=_name(day)),
        type="button",
    )


def _event(event: rx.Var[Event]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.cond(event["time"] != "", rx.el.span(event["time"], class_name="df-event-time")),
            event["label"],
            href=event["href"],
            underline="none",
            class_name="df-event-link",
            aria_describedby=rx.cond(event["movable"], "df-moving", ""),
            custom_attrs={"draggable": "false"},
        ),
        class_name=event["look"],
        custom_attrs={
            "data-record": event["id"],
            "draggable": rx.cond(event["movable"], "true", "false"),
        },
        key=event["id"],
    )


def _agenda() -> rx.Component:
    return rx.el.div(
        rx.foreach(
            Ui.calendar["days"].to(list[Day]),
            lambda day: rx.cond(
                day["events"].to(list[Event]).length() > 0,
                rx.el.section(
                    rx.el.h3(_name(day)),
                    rx.el.ul(rx.foreach(day["events"].to(list[Event]), _entry)),
                    rx.cond(day["more"] != "", rx.el.p(day["more"], class_name="df-note")),
                    class_name=day["look"],
                    key=day["iso"],
                ),
            ),
        ),
        class_name="df-agenda is-" + Ui.calendar["mode"].to(str),
    )


def _entry(event: rx.Var[Event]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(class_name="df-dot " + event["look"].to(str), aria_hidden="true"),
            rx.cond(event["time"] != "", rx.el.span(event["time"], class_name="df-event-time")),
            event["label"],
            href=event["href"],
            underline="none",
        ),
        key=event["id"],
    )
