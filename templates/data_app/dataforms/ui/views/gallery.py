"""A gallery: records as cards with their pictures, or a tile of colour in place of one."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.state import Ui
from dataforms.ui.views.board import item_lines
from dataforms.ui.views.frame import empty, head, skeleton
from dataforms.ui.views.shapes import Item
from dataforms.ui.words import t


def gallery() -> rx.Component:
    """Return the gallery below its heading."""
    return rx.fragment(
        head(),
        rx.match(
            Ui.vista["state"],
            ("loading", skeleton()),
            ("empty", empty(t("Add the first one, and its picture will be here."))),
            rx.fragment(
                rx.el.ul(rx.foreach(Ui.items, _card), class_name="df-gallery"),
                rx.cond(
                    Ui.items_more,
                    rx.el.button(
                        t("Show more"),
                        on_click=Ui.lane_more(""),
                        class_name="df-button is-soft df-gallery-more",
                        type="button",
                    ),
                ),
            ),
        ),
    )


def _card(item: rx.Var[Item]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            item["image"] != "",
            rx.el.img(src=item["image"], alt="", loading="lazy", class_name="df-gallery-image"),
            rx.el.div(
                item["label"].to(str).split("")[0],
                class_name="df-gallery-image is-tile " + item["look"].to(str),
                aria_hidden="true",
            ),
        ),
        rx.el.div(
            rx.link(item["label"], href=item["href"], class_name="df-item-name", underline="none"),
            item_lines(item),
            class_name="df-gallery-text",
        ),
        class_name="df-gallery-card",
        key=item["id"],
    )
