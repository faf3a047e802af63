"""Inputs with buttons that write for one: formatted text, and the place where one is."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.shapes import Input
from dataforms.ui.state import Ui
from dataforms.ui.words import t

MARKS = (
    ("bold", "bold", t("Bold")),
    ("italic", "italic", t("Italic")),
    ("link", "link", t("Link")),
    ("list", "list", t("List")),
    ("numbers", "list-ordered", t("Numbered list")),
    ("quote", "quote", t("Quotation")),
    ("heading", "heading", t("Heading")),
)
KEYS: rx.Var[object] = rx.Var("(event) => globalThis.dfMarkKeys(event)")


def markdown(each: rx.Var[Input], about: dict[str, object]) -> rx.Component:
    """Return a text area with a toolbar above it, and a preview in its place."""
    name = each["name"].to(str)
    is_previewed = Ui.preview["name"] == name
    return rx.el.div(
        rx.el.div(
            *(_mark(name, kind, icon, label) for kind, icon, label in MARKS),
            rx.el.button(
                rx.cond(is_previewed, t("Write"), t("Preview")),
                on_click=Ui.show_preview(
                    rx.cond(is_previewed, "", name),
                    rx.Var(f"(globalThis.dfForm?.typed()[{name!s}] ?? '')", _var_type=str),
                ),
                type="button",
                aria_pressed=is_previewed,
                class_name="df-text-button",
            ),
            role="toolbar",
            aria_label=t("Formatting"),
            class_name="df-marks",
        ),
        rx.el.textarea(
            default_value=each["value"],
            placeholder=each["placeholder"],
            rows="7",
            class_name="df-input is-tall",
            custom_attrs={"onKeyDown": KEYS, "hidden": is_previewed},
            **about,
        ),
        rx.cond(
            is_previewed,
            rx.el.div(
                rx.cond(
                    Ui.preview["html"] != "",
                    rx.html(Ui.preview["html"].to(str)),
                    rx.el.p(t("Nothing written yet"), class_name="df-help"),
                ),
                class_name="df-rich df-preview",
                role="region",
                aria_label=t("Preview"),
                tab_index=0,
            ),
        ),
        class_name="df-markdown",
    )


def location(each: rx.Var[Input], about: dict[str, object]) -> rx.Component:
    """Return a line for latitude and longitude, and a button that fills in where one is."""
    return rx.el.div(
        rx.el.input(
            type="text",
            default_value=each["value"],
            placeholder=each["placeholder"],
            class_name="df-input",
            **about,
        ),
        rx.el.button(
            rx.icon("locate", size=16),
            type="button",
            title=t("Use my position"),
            aria_label=t("Use my position"),
            class_name="df-ghost is-framed",
            custom_attrs={
                "onClick": rx.Var(f"(event) => globalThis.dfPlace({about['id']!s}, event.currentTarget)"),
                "data-wait": t("Looking for where you are…"),
                "data-fail": t("The browser did not tell where you are."),
            },
        ),
        rx.el.p(class_name="df-help", role="status"),
        class_name="df-location",
    )


def _mark(name: rx.Var[str], kind: str, icon: str, label: rx.Var[str]) -> rx.Component:
    mark: rx.Var[object] = rx.Var(f"(event) => globalThis.dfMark('in-' + {name!s}, '{kind}')")
    return rx.el.button(
        rx.icon(icon, size=15),
        type="button",
        title=label,
        aria_label=label,
        class_name="df-ghost is-small",
        custom_attrs={"onClick": mark},
    )
