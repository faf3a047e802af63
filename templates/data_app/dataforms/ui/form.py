"""The form to add and edit a record: its sections or steps, what is wrong with it, and how it is left.

Inputs keep what is typed themselves: the server is told, and alone says what is wrong.
"""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.grid import grid
from dataforms.ui.scripted import DataForm
from dataforms.ui.shapes import Fault, Input, Line, Section, Step
from dataforms.ui.state import Ui
from dataforms.ui.widgets import widget
from dataforms.ui.words import t

STAY_OPEN: rx.Var[object] = rx.Var("(event) => event.preventDefault()")
ESCAPE_CLOSES_LIST_FIRST: rx.Var[object] = rx.Var(
    "(event) => { if (document.activeElement?.matches('[role=combobox][aria-expanded=true]'))"
    " event.preventDefault(); }"
)
IS_TYPED: rx.Var[bool] = rx.Var("(globalThis.dfForm?.dirty() ?? false)", _var_type=bool)
"""Is anything in the form that would be lost, at the moment of an event?"""
FORGET = rx.call_script("globalThis.dfForm?.forget()")
"""Comes before a form is shown anew, which would take what was kept."""
NATURES = (
    ("what", t("General")),
    ("measures", t("Numbers and dates")),
    ("relations", t("Relations")),
    ("notes", t("Notes")),
)


def record_form() -> rx.Component:
    """Return the dialog with the form in it."""
    return rx.fragment(
        rx.dialog.root(
            rx.dialog.content(
                rx.dialog.title(form_title(), class_name="df-dialog-title"),
                form_body(""),
                rx.el.button(
                    rx.icon("x", size=18),
                    on_click=Ui.leave(IS_TYPED, ""),
                    class_name="df-ghost df-dialog-close",
                    aria_label=t("Close"),
                    type="button",
                ),
                class_name=rx.cond(Ui.form["wide"], "df-dialog is-broad", "df-dialog"),
                custom_attrs={
                    "onInteractOutside": STAY_OPEN,
                    "onEscapeKeyDown": ESCAPE_CLOSES_LIST_FIRST,
                    "aria-describedby": rx.Var("undefined"),
                },
            ),
            open=Ui.form["open"],
            on_open_change=lambda is_open: Ui.form_open_changed(is_open, IS_TYPED),
        ),
        leave_question(),
    )


def form_title() -> rx.Component:
    """Return what the form is for, and for which one behind it."""
    singular, within = Ui.form["singular"].to(str), Ui.form["within"].to(str)
    return rx.fragment(
        rx.cond(within != "", rx.el.span(t("For {entity}", entity=within), class_name="df-within")),
        rx.cond(
            Ui.form["record"] == "",
            t("New {entity}", entity=singular),
            rx.cond(Ui.form["shut"], singular, t("Edit {entity}", entity=singular)),
        ),
    )


def form_body(away: rx.Var[str] | str) -> rx.Component:
    """Return the form itself; `away` is the address that Cancel leads to, empty from a dialog."""
    return DataForm.create(
        rx.el.div(
            _restored(),
            _faults(),
            _steps(),
            rx.foreach(Ui.sections, _section),
            _summary(),
            class_name="df-dialog-body",
        ),
        rx.el.div(
            rx.cond(
                Ui.form["step"].to(int) > 0,
                rx.el.button(
                    t("Back"),
                    on_click=Ui.back(Ui.form["step"].to(int) - 1),
                    class_name="df-button is-soft",
                    type="button",
                ),
            ),
            rx.cond(
                Ui.visiting & Ui.form["page"],  # there is nowhere else to go
                rx.fragment(),
                rx.el.button(
                    t("Cancel"),
                    on_click=Ui.leave(IS_TYPED, away),
                    class_name="df-button is-soft",
                    type="button",
                ),
            ),
            rx.cond(
                Ui.form["shut"],
                rx.fragment(),
                rx.el.button(_action(), class_name="df-button is-solid", type="submit"),
            ),
            class_name="df-dialog-foot",
        ),
        lively=Ui.form["lively"],
        draft=Ui.form["draft"],
        restored=Ui.form["restored"],
        page=Ui.form["page"],
        on_typed=Ui.typing,
        on_save=Ui.save,
        on_draft=Ui.draft_found,
        on_leave=Ui.leave,
        no_validate=True,
        auto_complete="off",
        class_name="df-form",
        key=Ui.form["key"],
    )


def leave_question() -> rx.Component:
    """Return the dialog that asks before what was typed is given up."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(t("Discard what you typed?"), class_name="df-dialog-title"),
            rx.alert_dialog.description(
                t("It has not been saved, and will be gone for good."), class_name="df-dialog-text"
            ),
            rx.el.div(
                rx.alert_dialog.cancel(
                    rx.el.button(t("Keep editing"), class_name="df-button is-soft", type="button")
                ),
                rx.el.button(
                    t("Discard"), on_click=Ui.discard, class_name="df-button is-danger", type="button"
                ),
                class_name="df-dialog-foot",
            ),
            class_name="df-dialog is-question",
        ),
        open=Ui.leaving["open"],
        on_open_change=lambda is_open: rx.cond(is_open, rx.noop(), Ui.stay()),
    )


def _action() -> rx.Var[str]:
    singular = Ui.form["singular"].to(str)
    add = rx.cond(Ui.visiting & Ui.form["page"], t("Send"), t("Add {singular}", singular=singular))
    save = rx.cond(Ui.form["record"] != "", t("Save"), add)
    return rx.cond(Ui.form["last"], save, t("Next"))


def _restored() -> rx.Component:
    at = Ui.form["restored"].to(str)
    return rx.cond(
        (at != "") & (at != "-"),
        rx.el.div(
            rx.icon("history", size=16),
            rx.el.span(t("What you typed before has been restored, from {time}.", time=at)),
            rx.el.button(
                t("Discard"), on_click=[FORGET, Ui.discard_draft], type="button", class_name="df-text-button"
            ),
            class_name="df-restored",
            role="status",
        ),
    )


def _faults() -> rx.Component:
    count = Ui.faults.length()
    return rx.el.div(
        rx.cond(
            Ui.form["error"] != "",
            rx.el.p(Ui.form["error"], class_name="df-alert"),
        ),
        rx.cond(
            (count > 1) | ((count == 1) & (Ui.faults[0]["name"] == "")),
            rx.el.div(
                rx.el.p(t("Please look at these again:"), class_name="df-alert-title"),
                rx.el.ul(rx.foreach(Ui.faults, _fault)),
                class_name="df-alert",
            ),
        ),
        role="alert",
    )


def _fault(fault: rx.Var[Fault]) -> rx.Component:
    name = fault["name"].to(str)
    return rx.el.li(
        rx.cond(
            name != "",
            rx.el.a(
                fault["label"],
                ": ",
                fault["text"],
                href="#in-" + name,
                on_click=Ui.go_to(name).prevent_default,
            ),
            fault["text"],
        ),
        key=name + fault["text"].to(str),
    )


def _steps() -> rx.Component:
    return rx.cond(
        Ui.steps.length() > 0,
        rx.el.ol(rx.foreach(Ui.steps, _step), class_name="df-steps", aria_label=t("Steps")),
    )


def _step(step: rx.Var[Step]) -> rx.Component:
    number = step["number"].to(int)
    return rx.el.li(
        rx.el.button(
            rx.el.span(number + 1, class_name="df-step-number", aria_hidden="true"),
            rx.el.span(rx.cond(step["title"] != "", step["title"], t("Summary")), class_name="df-step-title"),
            on_click=Ui.back(number),
            type="button",
            disabled=step["state"] != "done",
        ),
        class_name="df-step is-" + step["state"].to(str),
        aria_current=rx.cond(step["state"] == "now", "step", "false"),
        key=number,
    )


def _section(section: rx.Var[Section]) -> rx.Component:
    name = rx.match(section["nature"], *NATURES, section["title"])
    number = section["number"]
    return rx.el.section(
        rx.cond(name != "", rx.el.h2(name, class_name="df-section-title")),
        rx.cond(section["help"] != "", rx.el.p(section["help"], class_name="df-help")),
        rx.el.div(
            rx.foreach(
                Ui.inputs, lambda each: rx.cond(each["section"] == number, field(each, has_rows=True))
            ),
            class_name=section["look"],
        ),
        custom_attrs={"hidden": section["hidden"]},
        class_name="df-section",
        key=number,
    )


def _summary() -> rx.Component:
    return rx.cond(
        Ui.lines.length() > 0,
        rx.el.dl(rx.foreach(Ui.lines, _summed), class_name="df-summary"),
    )


def _summed(line: rx.Var[Line]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(line["label"]),
        rx.el.dd(rx.cond(line["text"] != "", line["text"], "–")),
        key=line["label"],
    )


def field(each: rx.Var[Input], *, has_rows: bool = False) -> rx.Component:
    """Return an input with its label, its help and its error; it may be a grid if the form `has_rows`."""
    name = each["name"].to(str)
    return rx.el.fieldset(
        rx.cond(each["widget"] == "checkbox", rx.fragment(), _label(each)),
        rx.cond(each["widget"] == "grid", grid(each), widget(each)) if has_rows else widget(each),
        rx.cond(each["help"] != "", rx.el.p(each["help"], id=name + "-help", class_name="df-help")),
        rx.el.div(
            rx.cond(
                each["error"] != "",
                rx.el.p(
                    rx.icon("circle-alert", size=14),
                    each["error"],
                    id=name + "-error",
                    class_name="df-error",
                ),
            ),
            aria_live="polite",
        ),
        class_name=each["look"],
        custom_attrs={"hidden": each["hidden"]},  # as a property Reflex would take it for a style
        disabled=each["fixed"],
        key=name,
    )


def _label(each: rx.Var[Input]) -> rx.Component:
    return rx.el.label(
        each["label"],
        rx.cond(each["required"], rx.el.span(" *", class_name="df-star", aria_hidden="true")),
        html_for="in-" + each["name"].to(str),
        id=each["name"].to(str) + "-label",
        class_name="df-label",
    )
