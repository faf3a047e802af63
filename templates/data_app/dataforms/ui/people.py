"""The page of everybody's accounts, for administrators."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.account import role_box, secret_dialog
from dataforms.ui.layout import page
from dataforms.ui.shapes_login import Person
from dataforms.ui.state import Ui
from dataforms.ui.words import t


def people() -> rx.Component:
    """Return the page at `/people`."""
    return page(
        rx.el.div(
            rx.el.div(
                rx.el.h1(t("People")),
                rx.el.p(t("Who may use this app, and what they may do."), class_name="df-lead"),
                class_name="df-head-text",
            ),
            rx.cond(
                Ui.may_invite,
                rx.el.div(
                    rx.el.button(
                        rx.icon("user-plus", size=16),
                        t("Invite"),
                        on_click=Ui.invite,
                        class_name="df-button is-solid",
                        type="button",
                    ),
                    class_name="df-tools",
                ),
            ),
            class_name="df-head",
        ),
        rx.el.ul(rx.foreach(Ui.people, _person), class_name="df-lines is-panel", aria_label=t("People")),
        _dialog(),
        secret_dialog(),
    )


def _person(person: rx.Var[Person]) -> rx.Component:
    return rx.el.li(
        rx.el.span(person["initial"], class_name="df-avatar", aria_hidden="true"),
        rx.el.div(
            rx.el.p(
                person["name"],
                rx.cond(person["me"], rx.el.span(t("you"), class_name="df-chip tone-7")),
                class_name="df-line-name",
            ),
            rx.el.p(person["email"], " · ", person["roles"], class_name="df-help"),
            class_name="df-line-text",
        ),
        rx.el.span(person["text"], class_name="df-help df-wide-only"),
        rx.el.button(
            t("Edit"),
            on_click=Ui.open_person(person["id"]),
            class_name="df-button is-soft",
            aria_label=t("Edit {person}", person=person["name"].to(str)),
            type="button",
        ),
        class_name=rx.cond(person["active"], "", "is-off"),
        key=person["id"],
    )


def _dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(
                rx.cond(Ui.person["id"] == "", t("Invite a person"), Ui.person["name"]),
                class_name="df-dialog-title",
            ),
            rx.el.form(
                rx.el.div(
                    rx.cond(
                        Ui.person["error"] != "",
                        rx.el.p(Ui.person["error"], class_name="df-alert", role="alert"),
                    ),
                    rx.cond(Ui.person["id"] == "", _who(), rx.el.p(Ui.person["email"], class_name="df-help")),
                    rx.cond(
                        Ui.person["roles"].length() > 0,
                        rx.el.fieldset(
                            rx.el.legend(t("Roles"), class_name="df-label"),
                            rx.el.div(rx.foreach(Ui.person["roles"], role_box), class_name="df-boxes"),
                            class_name="df-field",
                        ),
                    ),
                    _switch("admin", t("Administrator: may do everything, also here"), Ui.person["admin"]),
                    rx.cond(
                        Ui.person["id"] != "",
                        rx.fragment(
                            _switch("active", t("Active: may sign in"), Ui.person["active"]),
                            rx.el.button(
                                rx.icon("link", size=16),
                                t("Link for a new password"),
                                on_click=Ui.new_link(Ui.person["id"]),
                                class_name="df-button is-soft",
                                type="button",
                            ),
                        ),
                    ),
                    class_name="df-dialog-body df-stack",
                ),
                rx.el.div(
                    rx.el.button(
                        t("Cancel"), on_click=Ui.close_person, class_name="df-button is-soft", type="button"
                    ),
                    rx.el.button(
                        rx.cond(Ui.person["id"] == "", t("Invite"), t("Save")),
                        class_name="df-button is-solid",
                        type="submit",
                    ),
                    class_name="df-dialog-foot",
                ),
                on_submit=Ui.save_person,
                key=Ui.person["key"],
            ),
            class_name="df-dialog",
            aria_describedby="",
        ),
        open=Ui.person["open"],
        on_open_change=Ui.person_open_changed,
    )


def _who() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.label(t("E-mail"), html_for="in-email", class_name="df-label"),
            rx.el.input(
                type="email",
                name="email",
                id="in-email",
                required=True,
                auto_complete="off",
                class_name="df-input",
            ),
            class_name="df-field",
        ),
        rx.el.div(
            rx.el.label(t("Name"), html_for="in-name", class_name="df-label"),
            rx.el.input(
                name="name", id="in-name", auto_complete="off", max_length=100, class_name="df-input"
            ),
            class_name="df-field",
        ),
    )


def _switch(name: str, label: rx.Var[str], is_on: rx.Var[bool]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, default_checked=is_on, class_name="df-switch", role="switch"),
        rx.el.span(label),
        class_name="df-check-line",
    )
