"""Many rows at once: what selects them, the bar with what can be done, and the dialogs about changes."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.forms import BaseInput  # type: ignore[import-untyped]  # it has none

from dataforms.ui.form import field
from dataforms.ui.shapes import Choice, Row
from dataforms.ui.shapes_rows import Refusal, Side
from dataforms.ui.state import Ui
from dataforms.ui.words import t


def _with_shift(event: rx.Var[Any]) -> tuple[rx.Var[bool]]:
    """Return whether Shift was held."""
    return (rx.Var(f"({event!s}.nativeEvent.shiftKey === true)", _var_type=bool),)


class _Tick(BaseInput):  # type: ignore[misc]  # of a library without types
    """A checkbox that tells whether Shift was held."""

    on_change: rx.EventHandler[_with_shift]  # type: ignore[type-arg, valid-type]  # Reflex reads it


def is_ticked(row: rx.Var[Row]) -> rx.Var[bool]:
    """Return whether a row is selected."""
    return Ui.selection["all"] | Ui.selected.contains(row["id"])


def tick(row: rx.Var[Row]) -> rx.Component:
    """Return the cell that selects a row."""
    return rx.el.td(
        rx.el.label(
            _Tick.create(
                type="checkbox",
                checked=is_ticked(row),
                on_change=lambda shift: Ui.tick(row["id"], shift),
                aria_label=t("Select {record}", record=row["label"].to(str)),
                class_name="df-tick",
            ),
        ),
        on_click=rx.stop_propagation,
        class_name="df-pick",
    )


def tick_page() -> rx.Component:
    """Return the head of that column, which selects all rows shown."""
    return rx.el.th(
        rx.el.label(
            _Tick.create(
                type="checkbox",
                checked=Ui.selection["page"] | Ui.selection["all"],
                on_change=lambda _: Ui.tick_page(),
                aria_label=t("Select all rows shown"),
                class_name="df-tick",
            ),
        ),
        class_name="df-pick",
    )


def selection_bar() -> rx.Component:
    """Return what can be done with the selected rows, while there are any."""
    return rx.cond(
        Ui.selection["count"].to(int) > 0,
        rx.el.div(
            rx.el.span(Ui.selection["text"], class_name="df-bar-text", role="status"),
            rx.cond(
                Ui.selection["more"] != "",
                rx.el.button(
                    Ui.selection["more"], on_click=Ui.tick_all, type="button", class_name="df-text-button"
                ),
            ),
            rx.el.button(
                rx.icon("pencil", size=15),
                t("Change"),
                on_click=Ui.ask_change,
                type="button",
                class_name="df-button is-soft",
            ),
            rx.el.button(
                rx.icon("trash-2", size=15),
                t("Delete"),
                on_click=Ui.ask_delete_many,
                type="button",
                class_name="df-button is-soft",
            ),
            rx.el.button(
                rx.icon("x", size=16),
                on_click=Ui.clear_selection,
                type="button",
                class_name="df-ghost is-small",
                aria_label=t("Select nothing"),
                title=t("Select nothing"),
            ),
            class_name="df-bar",
            role="region",
            aria_label=t("Selected rows"),
        ),
    )


def deleted_link() -> rx.Component:
    """Return what leads to the records that were deleted lately."""
    return rx.link(
        rx.icon("history", size=18),
        href="/t/" + Ui.view["slug"].to(str) + "/deleted",
        class_name="df-ghost",
        underline="none",
        aria_label=t("Recently deleted"),
        title=t("Recently deleted"),
    )


def many_dialog() -> rx.Component:
    """Return the dialog about the selected rows: what shall change, or whether they shall go."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(Ui.many["title"], class_name="df-dialog-title"),
            rx.cond(Ui.many["kind"] == "change", _change(), _delete()),
            class_name="df-dialog",
            custom_attrs={"aria-describedby": rx.Var("undefined")},
        ),
        open=Ui.many["kind"] != "",
        on_open_change=Ui.many_open_changed,
    )


def _change() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            _problem(),
            rx.el.div(rx.foreach(Ui.inputs, field), class_name="df-fields"),
            rx.el.div(
                rx.el.span(t("Field to change"), class_name="df-label", aria_hidden="true"),
                rx.el.select(
                    rx.el.option(t("Choose…"), value=""),
                    rx.foreach(
                        Ui.many["fields"].to(list[Choice]),
                        lambda each: rx.cond(
                            each["picked"],
                            rx.fragment(),
                            rx.el.option(each["text"], value=each["value"], key=each["value"]),
                        ),
                    ),
                    value="",
                    on_change=Ui.take_field,
                    class_name="df-input is-select",
                    aria_label=t("Field to change"),
                ),
                class_name="df-field df-take",
            ),
            class_name="df-dialog-body",
        ),
        _foot(rx.el.button(t("Change"), type="submit", class_name="df-button is-solid")),
        on_submit=Ui.change_many,
        no_validate=True,
        auto_complete="off",
    )


def _delete() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            _problem(),
            rx.el.p(t("For 30 days they can be restored under Recently deleted."), class_name="df-help"),
            class_name="df-dialog-body",
        ),
        _foot(
            rx.el.button(
                t("Delete"), on_click=Ui.delete_selected, type="button", class_name="df-button is-danger"
            )
        ),
    )


def _foot(*does: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.dialog.close(rx.el.button(t("Cancel"), class_name="df-button is-soft", type="button")),
        *does,
        class_name="df-dialog-foot",
    )


def _problem() -> rx.Component:
    return rx.cond(
        Ui.many["problem"] != "",
        rx.el.div(
            rx.el.p(Ui.many["problem"]),
            rx.el.ul(
                rx.foreach(
                    Ui.many["refused"].to(list[Refusal]),
                    lambda each: rx.el.li(rx.el.strong(each["label"]), ": ", each["message"], key=each["id"]),
                ),
                class_name="df-refused",
            ),
            class_name="df-alert",
            role="alert",
        ),
    )


def comparing() -> rx.Component:
    """Return the dialog that shows what somebody else stored meanwhile beside what is typed."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(Ui.comparison["title"], class_name="df-dialog-title"),
            rx.dialog.description(
                t("Nothing is lost: choose for each field which value to keep."), class_name="df-dialog-text"
            ),
            rx.el.div(
                rx.foreach(Ui.comparison["sides"].to(list[Side]), _side), class_name="df-dialog-body df-sides"
            ),
            rx.el.div(
                rx.dialog.close(
                    rx.el.button(t("Back to the form"), class_name="df-button is-soft", type="button")
                ),
                rx.el.button(
                    t("Save these"), on_click=Ui.save_compared, class_name="df-button is-solid", type="button"
                ),
                class_name="df-dialog-foot",
            ),
            class_name="df-dialog df-comparison",
        ),
        open=Ui.comparison["open"],
        on_open_change=Ui.compare_open_changed,
    )


def _side(side: rx.Var[Side]) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(side["label"], class_name="df-label"),
        _choice(side, "mine", t("Mine"), side["mine"]),
        _choice(side, "theirs", t("Theirs"), side["theirs"]),
        class_name="df-side-choice",
        key=side["name"],
    )


def _choice(side: rx.Var[Side], which: str, word: rx.Var[str], value: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        _Tick.create(
            type="radio",
            name="keep-" + side["name"].to(str),
            checked=side["keep"] == which,
            on_change=lambda _: Ui.keep(side["name"], which),
        ),
        rx.el.span(
            rx.el.small(word),
            rx.el.span(rx.cond(value != "", value, "–")),
        ),
        class_name="df-choice",
    )
