"""A board: columns of cards, moved by dragging, by the keyboard, or by the list on each card."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.state import Ui
from dataforms.ui.views.frame import empty, head, skeleton
from dataforms.ui.views.moving import Moves
from dataforms.ui.views.shapes import Item, Lane, Line
from dataforms.ui.words import local, t


def board() -> rx.Component:
    """Return the board below its heading."""
    return rx.fragment(
        head(),
        rx.match(
            Ui.vista["state"],
            ("loading", skeleton()),
            ("empty", empty(t("Add the first one, and it will have a card here."))),
            rx.fragment(
                rx.el.p(t("Shift and an arrow key move the card."), id="df-moving", class_name="df-hidden"),
                Moves.create(
                    rx.foreach(Ui.lanes, _lane),
                    rows=0,
                    label=Ui.vista["title"],
                    on_moved=lambda record, to, origin: Ui.move_card(record, to),
                    class_name="df-board",
                ),
            ),
        ),
    )


def _lane(lane: rx.Var[Lane]) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(rx.el.span(lane["title"], class_name=lane["look"])),
            rx.el.span(lane["count"], class_name="df-lane-count"),
            rx.cond(lane["total"] != "", rx.el.span(lane["total"], class_name="df-lane-total")),
            rx.cond(
                Ui.vista["may_add"],
                rx.el.button(
                    rx.icon("plus", size=15),
                    on_click=Ui.lane_add(lane["key"]),
                    class_name="df-ghost is-small",
                    aria_label=t("Add to {lane}", lane=lane["title"].to(str)),
                    type="button",
                ),
            ),
            class_name="df-lane-head",
        ),
        rx.el.ul(rx.foreach(lane["items"].to(list[Item]), _card), class_name="df-lane-cards"),
        rx.cond(
            lane["more"] != "",
            rx.el.button(
                lane["more"],
                on_click=Ui.lane_more(lane["key"]),
                class_name="df-text-button df-more",
                type="button",
            ),
        ),
        class_name="df-lane",
        data_drop=lane["key"],
        aria_label=lane["title"],
        key=lane["key"],
    )


def _card(item: rx.Var[Item]) -> rx.Component:
    return rx.el.li(
        rx.link(
            item["label"],
            href=item["href"],
            class_name="df-item-name",
            underline="none",
            aria_describedby=rx.cond(Ui.vista["may_change"], "df-moving", ""),
            custom_attrs={"draggable": "false"},
        ),
        item_lines(item),
        rx.cond(
            Ui.vista["may_change"],
            rx.el.select(
                rx.foreach(
                    Ui.lanes, lambda lane: rx.el.option(lane["title"], value=lane["key"], key=lane["key"])
                ),
                value=item["lane"],
                on_change=lambda key: Ui.move_card(item["id"], key),
                aria_label=t("Move {record} to", record=item["label"].to(str)),
                class_name="df-item-move",
            ),
        ),
        class_name="df-item",
        custom_attrs={
            "data-record": item["id"],
            "draggable": rx.cond(Ui.vista["may_change"], "true", "false"),
        },
        key=item["id"],
    )


def item_lines(item: rx.Var[Item]) -> rx.Component:
    """Return the fields of a card."""
    return rx.cond(
        item["lines"].to(list[Line]).length() > 0,
        rx.el.dl(
            rx.foreach(
                item["lines"].to(list[Line]),
                lambda line: rx.el.div(
                    rx.el.dt(line["label"]),
                    rx.el.dd(local(line["local"].to(str), line["text"].to(str))),
                    key=line["label"],
                ),
            ),
            class_name="df-lines",
        ),
    )
