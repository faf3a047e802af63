"""The page of one table: search, sort, turn pages, and open the form."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.cell_editor import DOUBLE_CLICK_MS, KEYS_OF_FRAME, OpenedRow, editable_body
from dataforms.ui.cells import table_cell
from dataforms.ui.export import export_menu
from dataforms.ui.filters import active_filters, filter_button, filter_panel, save_view, view_tabs
from dataforms.ui.form import record_form
from dataforms.ui.layout import page
from dataforms.ui.look import SIZES
from dataforms.ui.parts import named_icon, notice
from dataforms.ui.question import delete_question
from dataforms.ui.rows import comparing, deleted_link, is_ticked, many_dialog, selection_bar, tick, tick_page
from dataforms.ui.shapes import Column, Row, Sum
from dataforms.ui.state import Ui
from dataforms.ui.table_menu import looks_menu
from dataforms.ui.views.tabs import tabs
from dataforms.ui.words import t

SEARCH_DELAY_MS = 200


def table() -> rx.Component:
    """Return the page at `/t/<entity>`."""
    return page(
        rx.match(
            Ui.view["state"],
            ("unknown", _unknown()),
            rx.fragment(
                _head(),
                tabs(),
                view_tabs(),
                save_view(),
                filter_panel(),
                active_filters(),
                _body(),
                record_form(),
                delete_question(),
                selection_bar(),
                many_dialog(),
                comparing(),
            ),
        )
    )


def _unknown() -> rx.Component:
    return notice(
        rx.icon("compass", size=26),
        t("There is no such table"),
        t("The address may be old, or the table was renamed."),
        rx.link(t("See all tables"), href="/", class_name="df-button is-solid", underline="none"),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(Ui.view["title"]),
            rx.cond(Ui.view["description"] != "", rx.el.p(Ui.view["description"], class_name="df-lead")),
            class_name="df-head-text",
        ),
        rx.el.div(
            _search(),
            filter_button(),
            looks_menu(),
            export_menu(),
            _import_link("df-button is-soft"),
            rx.cond(Ui.may["delete"], deleted_link()),
            _add_button(),
            class_name="df-tools",
        ),
        class_name="df-head",
    )


def _search() -> rx.Component:
    return rx.el.label(
        rx.icon("search", size=16),
        rx.el.input(
            type="search",
            placeholder=t("Search"),
            aria_label=t("Search this table"),
            default_value=Ui.search,
            on_change=Ui.find.debounce(SEARCH_DELAY_MS),
            auto_complete="off",
            spell_check=False,
            key=Ui.view["slug"],
            id="search",
        ),
        class_name="df-search",
    )


def _import_link(look: str, text: rx.Var[str] | None = None) -> rx.Component:
    """Return what leads to the page that takes a file into the table."""
    return rx.cond(
        Ui.may["create"] | Ui.may["update"],
        rx.link(
            rx.icon("upload", size=16),
            rx.el.span(t("Import"), class_name="df-wide-only") if text is None else text,
            href="/t/" + Ui.view["slug"].to(str) + "/import",
            class_name=look,
            underline="none",
            aria_label=t("Import") if text is None else text,
            title=t("Import"),
        ),
    )


def _add_button() -> rx.Component:
    return rx.cond(
        Ui.may["create"],
        rx.el.button(
            rx.icon("plus", size=16),
            rx.el.span(t("Add {singular}", singular=Ui.view["singular"]), class_name="df-wide-only"),
            rx.el.span(t("Add"), class_name="df-narrow-only"),
            on_click=Ui.add,
            class_name="df-button is-solid",
            disabled=Ui.view["state"] == "loading",
            type="button",
        ),
    )


def _body() -> rx.Component:
    return rx.match(
        Ui.view["state"],
        ("loading", _skeleton()),
        ("empty", _empty()),
        ("nothing_found", _nothing_found()),
        rx.el.div(_grid(), _sums(), _pager(), class_name="df-panel"),
    )


def _empty() -> rx.Component:
    return rx.el.div(
        notice(
            named_icon(Ui.view["icon"], 26),
            t("No {plural} yet", plural=Ui.view["title"]),
            rx.cond(
                Ui.may["create"],
                t("Add the first one or import a file, and they will be listed here."),
                t("There is none that you may see."),
            ),
            rx.cond(
                Ui.may["create"],
                rx.el.button(
                    rx.icon("plus", size=16),
                    t("Add {singular}", singular=Ui.view["singular"]),
                    on_click=Ui.add,
                    class_name="df-button is-solid",
                    type="button",
                ),
            ),
            _import_link("df-button is-soft", t("Import a file")),
        ),
        class_name="df-panel",
    )


def _nothing_found() -> rx.Component:
    return rx.el.div(
        notice(
            rx.icon("search-x", size=26),
            rx.cond(
                Ui.search == "",
                t("Nothing matches the filter"),
                t("Nothing matches “{search}”", search=Ui.search),
            ),
            rx.cond(
                Ui.filter_chips.length() > 0,
                t("Change or remove a condition, or try other words."),
                t("Try fewer or other words: every word has to be found."),
            ),
            rx.el.button(
                t("Show all"),
                on_click=[rx.set_value("search", ""), Ui.show_all],
                class_name="df-button is-soft",
                type="button",
            ),
        ),
        class_name="df-panel",
    )


def _skeleton() -> rx.Component:
    lines = [rx.el.div(class_name="df-skeleton-line") for _ in range(9)]
    return rx.el.div(*lines, class_name="df-panel df-skeleton", aria_busy="true", aria_label=t("Loading"))


def _grid() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    tick_page(),
                    rx.foreach(Ui.columns, _column),
                    rx.el.th(rx.el.span(t("Actions"), class_name="df-hidden"), class_name="df-actions"),
                )
            ),
            editable_body(rx.foreach(Ui.rows, _row)),
            class_name="df-table",
        ),
        class_name="df-scroll",
        tab_index=0,
        role="region",
        aria_label=Ui.view["title"],
        custom_attrs={"onKeyDown": KEYS_OF_FRAME},
    )


def _column(column: rx.Var[Column]) -> rx.Component:
    return rx.el.th(
        rx.cond(
            column["order"] == "",
            rx.el.span(column["title"], class_name="df-sort is-fixed"),
            rx.el.button(
                column["title"],
                rx.match(
                    column["order"],
                    ("ascending", rx.icon("arrow-up", size=14)),
                    ("descending", rx.icon("arrow-down", size=14)),
                    rx.icon("chevrons-up-down", size=14, class_name="df-faint"),
                ),
                on_click=Ui.sort_by(column["name"]),
                class_name="df-sort",
                type="button",
            ),
        ),
        scope="col",
        aria_sort=rx.cond(column["order"] == "", "none", column["order"]),
        class_name="align-" + column["align"].to(str),
        key=column["name"],
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    return rx.fragment(_group_head(row), _record(row), key=row["id"])


def _group_head(row: rx.Var[Row]) -> rx.Component:
    return rx.cond(
        row["head"] != "",
        rx.el.tr(
            rx.el.td(
                row["head"],
                rx.el.span(row["head_count"], class_name="df-group-count"),
                col_span=Ui.columns.length() + 1,
            ),
            class_name="df-group-head",
        ),
    )


def _record(row: rx.Var[Row]) -> rx.Component:
    return OpenedRow.create(
        tick(row),
        rx.foreach(row["cells"], lambda cell: table_cell(cell, row["id"].to(str))),
        rx.el.td(
            rx.link(
                rx.icon("arrow-up-right", size=15),
                href="/t/" + Ui.view["slug"].to(str) + "/" + row["id"].to(str),
                on_click=rx.stop_propagation,
                class_name="df-ghost is-small",
                aria_label=t("Open {record}", record=row["label"].to(str)),
                title=t("Open"),
                underline="none",
            ),
            rx.el.button(
                rx.cond(Ui.may["update"], rx.icon("pencil", size=15), rx.icon("eye", size=15)),
                on_click=Ui.edit(row["id"]).stop_propagation,
                class_name="df-ghost is-small",
                aria_label=rx.cond(
                    Ui.may["update"],
                    t("Edit {record}", record=row["label"].to(str)),
                    t("Show {record}", record=row["label"].to(str)),
                ),
                title=rx.cond(Ui.may["update"], t("Edit"), t("Show")),
                type="button",
            ),
            rx.cond(
                Ui.may["delete"],
                rx.el.button(
                    rx.icon("trash-2", size=15),
                    on_click=Ui.ask_delete(row["id"], row["label"]).stop_propagation,
                    class_name="df-ghost is-small is-danger",
                    aria_label=t("Delete {record}", record=row["label"].to(str)),
                    title=t("Delete"),
                    type="button",
                ),
            ),
            class_name="df-actions",
        ),
        on_click=lambda clicks: Ui.open_row(row["id"], clicks).debounce(DOUBLE_CLICK_MS),
        data_record=row["id"],
        aria_selected=is_ticked(row),
        key=row["id"],
    )


def _sums() -> rx.Component:
    return rx.cond(Ui.sums.length() > 0, rx.el.dl(rx.foreach(Ui.sums, _sum), class_name="df-sums"))


def _sum(each: rx.Var[Sum]) -> rx.Component:
    return rx.el.div(rx.el.dt(each["title"]), rx.el.dd(each["text"]), key=each["title"])


def _pager() -> rx.Component:
    return rx.el.div(
        rx.el.span(Ui.pager["text"], class_name="df-range", aria_live="polite"),
        rx.el.label(
            rx.el.span(t("Rows"), class_name="df-wide-only"),
            rx.el.select(
                *(rx.el.option(size, value=size) for size in SIZES),
                value=Ui.pager["size"],
                on_change=Ui.resize,
                aria_label=t("Rows on a page"),
                class_name="df-input is-small",
            ),
            class_name="df-size",
        ),
        rx.el.div(
            _turn("chevrons-left", t("First page"), Ui.turn_to_first, Ui.pager["first"]),
            _turn("chevron-left", t("Previous page"), Ui.turn(-1), Ui.pager["first"]),
            rx.cond(
                Ui.pager["capped"],
                rx.fragment(),
                rx.el.span(Ui.pager["page"], " / ", Ui.pager["pages"], class_name="df-page"),
            ),
            _turn("chevron-right", t("Next page"), Ui.turn(1), Ui.pager["last"]),
            _turn("chevrons-right", t("Last page"), Ui.turn_to_last, Ui.pager["last"]),
            class_name="df-turns",
        ),
        class_name="df-pager",
    )


def _turn(icon: str, label: rx.Var[str], turn: object, disabled: rx.Var[bool]) -> rx.Component:
    return rx.el.button(
        rx.icon(icon, size=16),
        on_click=turn,
        disabled=disabled,
        class_name="df-ghost is-small is-framed",
        aria_label=label,
        title=label,
        type="button",
    )
