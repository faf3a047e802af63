"""The panel in which a filter is made, the chips of the one that is active, and the tabs of views."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.shapes import Choice, FilterChip, FilterGroup, FilterLine, ViewTab
from dataforms.ui.state import Ui
from dataforms.ui.words import t

SEARCH_DELAY_MS = 150


def filter_button() -> rx.Component:
    """Return the button that opens the panel."""
    return rx.el.button(
        rx.icon("list-filter", size=16),
        rx.el.span(t("Filter"), class_name="df-wide-only"),
        rx.cond(
            Ui.filter_chips.length() > 0, rx.el.span(Ui.filter_chips.length(), class_name="df-filter-count")
        ),
        on_click=Ui.filter_open,
        class_name="df-button is-soft",
        aria_label=t("Filter"),
        aria_expanded=Ui.filters["open"],
        type="button",
    )


def view_tabs() -> rx.Component:
    """Return the views that have a name, above the table."""
    return rx.cond(
        Ui.view_tabs.length() > 0,
        rx.el.nav(rx.foreach(Ui.view_tabs, _tab), class_name="df-tabs", aria_label=t("Saved views")),
    )


def _tab(tab: rx.Var[ViewTab]) -> rx.Component:
    return rx.el.span(
        rx.link(
            tab["title"],
            href=tab["href"],
            underline="none",
            aria_current=rx.cond(tab["current"], "page", "false"),
            class_name="df-tab",
        ),
        rx.cond(
            (tab["record"] != "") & tab["current"].to(bool),
            rx.el.button(
                rx.icon("x", size=13),
                on_click=Ui.view_delete(tab["record"]),
                aria_label=t("Delete the view {name}", name=tab["title"].to(str)),
                class_name="df-chip-remove",
                type="button",
            ),
        ),
        class_name="df-tab-place",
    )


def active_filters() -> rx.Component:
    """Return the chips of the active filter, and what keeps it under a name."""
    return rx.cond(
        (Ui.filter_chips.length() > 0) & ~Ui.filters["open"],
        rx.el.div(
            rx.el.ul(
                rx.foreach(Ui.filter_chips, _chip),
                class_name="df-filter-chips",
                aria_label=t("Active filters"),
            ),
            rx.el.button(t("Show all"), on_click=Ui.show_all, class_name="df-text-button", type="button"),
            class_name="df-active",
        ),
    )


def _chip(chip: rx.Var[FilterChip]) -> rx.Component:
    return rx.el.li(
        rx.el.button(chip["text"], on_click=Ui.filter_open, class_name="df-chip-open", type="button"),
        rx.el.button(
            rx.icon("x", size=13),
            on_click=Ui.filter_without(chip["number"]),
            aria_label=t("Remove the filter {filter}", filter=chip["text"].to(str)),
            class_name="df-chip-remove",
            type="button",
        ),
    )


def save_view() -> rx.Component:
    """Return what asks for the name of a new view."""
    return rx.cond(
        Ui.naming,
        rx.el.form(
            rx.el.label(t("Name of the view"), html_for="view-name", class_name="df-label"),
            rx.el.input(
                id="view-name",
                name="name",
                type="text",
                required=True,
                max_length=60,
                auto_focus=True,
                auto_complete="off",
                class_name="df-input is-small",
            ),
            rx.el.label(
                rx.el.input(type="checkbox", name="shared", default_checked=True),
                t("For everybody"),
                class_name="df-tick",
            ),
            rx.el.button(t("Save"), class_name="df-button is-solid is-small", type="submit"),
            rx.el.button(
                t("Cancel"),
                on_click=Ui.view_ask(False),
                class_name="df-button is-soft is-small",
                type="button",
            ),
            on_submit=Ui.view_save,
            class_name="df-filters df-naming",
        ),
    )


def filter_panel() -> rx.Component:
    """Return the panel; nothing while it is closed."""
    return rx.cond(
        Ui.filters["open"],
        rx.el.form(
            rx.foreach(Ui.filters["groups"].to(list[FilterGroup]), _group),
            rx.el.div(
                rx.el.button(
                    rx.icon("plus", size=14),
                    t("Add a condition"),
                    on_click=Ui.filter_add(0),
                    class_name="df-text-button",
                    type="button",
                ),
                rx.el.button(
                    rx.icon("plus", size=14),
                    t("Add a group"),
                    on_click=Ui.filter_add(99),
                    class_name="df-text-button",
                    type="button",
                ),
                rx.el.span(class_name="df-grow"),
                rx.el.button(
                    t("Cancel"),
                    on_click=Ui.filter_close,
                    class_name="df-button is-soft is-small",
                    type="button",
                ),
                rx.el.button(t("Apply"), class_name="df-button is-solid is-small", type="submit"),
                class_name="df-filter-foot",
            ),
            on_submit=Ui.filter_apply,
            no_validate=True,
            auto_complete="off",
            class_name="df-filters",
            aria_label=t("Filter"),
        ),
    )


def _group(group: rx.Var[FilterGroup]) -> rx.Component:
    number = group["number"].to(int)
    return rx.el.fieldset(
        rx.el.legend(t("Conditions"), class_name="df-hidden"),
        rx.cond(
            (group["lines"].to(list[FilterLine]).length() > 1)
            | (number > 0)
            | (Ui.filters["groups"].to(list[FilterGroup]).length() > 1),
            rx.el.label(
                t("Match"),
                rx.el.select(
                    rx.el.option(t("all of these"), value="all"),
                    rx.el.option(t("any of these"), value="any"),
                    value=group["join"],
                    on_change=lambda join: Ui.filter_join(number, join),
                    class_name="df-input is-small",
                ),
                class_name="df-filter-join",
            ),
        ),
        rx.foreach(group["lines"].to(list[FilterLine]), _line),
        rx.cond(
            number > 0,
            rx.el.button(
                rx.icon("plus", size=14),
                t("Add to this group"),
                on_click=Ui.filter_add(number),
                class_name="df-text-button",
                type="button",
            ),
        ),
        class_name=rx.cond(number > 0, "df-filter-group is-inner", "df-filter-group"),
    )


def _line(line: rx.Var[FilterLine]) -> rx.Component:
    number = line["number"].to(int)
    return rx.el.div(
        rx.el.select(
            rx.foreach(
                Ui.filters["fields"].to(list[Choice]),
                lambda field: rx.el.option(field["text"], value=field["value"]),
            ),
            value=line["field"],
            on_change=lambda name: Ui.filter_field(number, name),
            aria_label=t("Field"),
            class_name="df-input is-small",
        ),
        rx.el.select(
            rx.foreach(
                line["operators"].to(list[Choice]),
                lambda operator: rx.el.option(operator["text"], value=operator["value"]),
            ),
            value=line["operator"],
            on_change=lambda name: Ui.filter_operator(number, name),
            aria_label=t("Comparison"),
            class_name="df-input is-small",
        ),
        rx.el.div(
            rx.match(
                line["takes"],
                ("nothing", rx.fragment()),
                ("choices", _ticks(line)),
                ("records", rx.fragment(_record_search(line), _ticks(line))),
                (
                    "range",
                    rx.fragment(
                        _input(line, "v", "first", 0, t("From")),
                        _input(line, "w", "second", 1, t("To")),
                    ),
                ),
                _input(line, "v", "first", 0, t("Value")),
            ),
            class_name="df-filter-value",
        ),
        rx.el.button(
            rx.icon("x", size=15),
            on_click=Ui.filter_remove(number),
            aria_label=t("Remove the condition on {field}", field=line["title"].to(str)),
            class_name="df-ghost is-small",
            type="button",
        ),
        rx.cond(line["error"] != "", rx.el.p(line["error"], class_name="df-error", role="alert")),
        class_name="df-filter-line",
        key=line["key"].to(str),
    )


def _input(line: rx.Var[FilterLine], prefix: str, which: str, place: int, label: rx.Var[str]) -> rx.Component:
    number = line["number"].to(int)
    return rx.el.input(
        type=line["input"],
        name=prefix + number.to_string(),
        default_value=line[which],
        on_blur=lambda text: Ui.filter_text(number, place, text),
        aria_label=label,
        aria_invalid=line["error"] != "",
        step="any",
        class_name="df-input is-small",
        key=line["key"].to(str) + prefix,
    )


def _record_search(line: rx.Var[FilterLine]) -> rx.Component:
    return rx.el.input(
        type="search",
        placeholder=t("Search"),
        aria_label=t("Search {field}", field=line["title"].to(str)),
        on_change=lambda text: Ui.filter_search(line["number"], text).debounce(SEARCH_DELAY_MS),
        class_name="df-input is-small",
    )


def _ticks(line: rx.Var[FilterLine]) -> rx.Component:
    return rx.el.div(
        rx.foreach(
            line["choices"].to(list[Choice]),
            lambda choice: rx.el.label(
                rx.el.input(
                    type="checkbox",
                    checked=choice["picked"],
                    on_change=lambda ticked: Ui.filter_pick(line["number"], choice["value"], ticked),
                ),
                choice["text"],
                class_name="df-tick",
                key=choice["value"],
            ),
        ),
        class_name="df-ticks",
        role="group",
        aria_label=line["title"],
    )
