"""The inputs of references: a button that opens a list of records, searched on the server."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.shapes import Choice, Input
from dataforms.ui.state import Ui
from dataforms.ui.words import t

SEARCH_DELAY_MS = 150
LIST_KEYS: rx.Var[object] = rx.Var(
    """(event) => {
  const list = [...event.currentTarget.querySelectorAll('[role=option]')];
  const at = list.indexOf(document.activeElement);
  const go = (n) => { event.preventDefault(); list[Math.max(0, Math.min(list.length - 1, n))]?.focus(); };
  if (event.key === 'ArrowDown') go(at + 1);
  else if (event.key === 'ArrowUp' && at > 0) go(at - 1);
  else if (event.key === 'ArrowUp') {
    event.preventDefault();
    event.currentTarget.querySelector('input').focus();
  }
  else if (event.key === 'Enter' && at < 0) { event.preventDefault(); list[0]?.click(); }
}"""
)


def picker(each: rx.Var[Input]) -> rx.Component:
    """Return the input of a field that refers to another record."""
    name = each["name"].to(str)
    is_open = Ui.picker["field"] == name
    return rx.el.div(
        rx.el.input(type="hidden", name=name, value=each["value"], read_only=True),
        rx.el.button(
            rx.cond(
                each["value"] != "",
                rx.el.span(each["shown"]),
                rx.el.span(t("Choose…"), class_name="df-placeholder"),
            ),
            rx.icon("chevrons-up-down", size=15),
            on_click=Ui.pick_open(name),
            type="button",
            id="in-" + name,
            class_name="df-input df-picker-button",
            aria_haspopup="listbox",
            aria_expanded=is_open,
            aria_describedby=name + "-help " + name + "-error",
            aria_invalid=each["error"] != "",
        ),
        rx.cond(is_open, _list(each)),
        class_name="df-picker",
    )


def many_picker(each: rx.Var[Input]) -> rx.Component:
    """Return the input of a field that names several records: a chip for each, and what adds more."""
    name = each["name"].to(str)
    is_open = Ui.picker["field"] == name
    return rx.el.div(
        rx.el.input(type="hidden", name=name, value=each["value"], read_only=True),
        rx.el.div(
            rx.foreach(each["choices"].to(list[Choice]), lambda chip: _chip(name, chip)),
            rx.el.button(
                rx.cond(
                    each["value"] != "",
                    rx.icon("plus", size=15),
                    rx.el.span(t("Choose…"), class_name="df-placeholder"),
                ),
                on_click=Ui.pick_open(name),
                type="button",
                id="in-" + name,
                class_name="df-add-chip",
                aria_label=t("Choose {field}", field=each["label"].to(str)),
                aria_haspopup="listbox",
                aria_expanded=is_open,
                aria_describedby=name + "-help " + name + "-error",
            ),
            class_name="df-input df-chip-line",
            aria_invalid=each["error"] != "",
            role="group",
            aria_labelledby=name + "-label",
        ),
        rx.cond(is_open, _list(each)),
        class_name="df-picker",
    )


def _chip(name: rx.Var[str], chip: rx.Var[Choice]) -> rx.Component:
    return rx.el.span(
        rx.el.span(chip["text"]),
        rx.el.button(
            rx.icon("x", size=13),
            on_click=Ui.pick(name, chip["value"], chip["text"]),
            type="button",
            aria_label=t("Remove {record}", record=chip["text"].to(str)),
        ),
        class_name="df-chip tone-7 df-picked",
        key=chip["value"],
    )


def _list(each: rx.Var[Input]) -> rx.Component:
    name = each["name"].to(str)
    return rx.fragment(
        rx.el.div(on_click=Ui.pick_close, class_name="df-picker-away", aria_hidden="true"),
        rx.el.div(
            rx.el.div(
                rx.icon("search", size=15),
                rx.el.input(
                    type="text",
                    placeholder=t("Search"),
                    aria_label=t("Search"),
                    auto_focus=True,
                    auto_complete="off",
                    on_change=lambda text: Ui.pick_search(name, text).debounce(SEARCH_DELAY_MS),
                ),
                class_name="df-picker-search",
            ),
            rx.el.div(
                rx.cond(~each["required"].to(bool) & (each["value"] != ""), _none(name)),
                rx.foreach(Ui.picker["options"].to(list[Choice]), lambda option: _option(name, option)),
                rx.cond(Ui.picker["more"] != "", rx.el.p(Ui.picker["more"], class_name="df-picker-more")),
                role="listbox",
                aria_labelledby=name + "-label",
                class_name="df-picker-options",
            ),
            class_name="df-picker-list",
            custom_attrs={"onKeyDown": LIST_KEYS},
        ),
    )


def _none(name: rx.Var[str]) -> rx.Component:
    return rx.el.button(
        t("None"),
        on_click=Ui.pick(name, "", ""),
        type="button",
        role="option",
        aria_selected=False,
        tab_index=-1,
        class_name="df-option df-placeholder",
    )


def _option(name: rx.Var[str], option: rx.Var[Choice]) -> rx.Component:
    return rx.el.button(
        rx.el.span(option["text"]),
        rx.cond(option["picked"], rx.icon("check", size=15)),
        on_click=Ui.pick(name, option["value"], option["text"]),
        type="button",
        role="option",
        aria_selected=option["picked"],
        tab_index=-1,
        class_name="df-option",
        key=option["value"],
    )
