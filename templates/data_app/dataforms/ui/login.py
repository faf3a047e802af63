"""The pages for who is not signed in: the login, and what a one-time link leads to.

Their forms are sent without a script: the answer sets the session's cookie, which no script may read.
"""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.parts import language_choice, logo, toggle_color_mode
from dataforms.ui.plain_form import plain_form
from dataforms.ui.shapes_login import Provider
from dataforms.ui.state import Ui
from dataforms.ui.words import t

TAKE_CODE = (
    "(() => { const input = document.getElementById('in-code'); if (!input) return;"
    " const kept = 'df-code ' + location.pathname;"
    " input.value = location.hash.slice(1) || sessionStorage.getItem(kept) || '';"
    " const keep = () => sessionStorage.setItem(kept, input.value);"
    " keep(); input.addEventListener('input', keep);"
    " history.replaceState(history.state, '', location.pathname + location.search); })()"
)
"""Moves the code out of the address, where it might be copied or kept, and has it survive a refused form."""


def login() -> rx.Component:
    """Return the page at `/login`."""
    return _alone(
        rx.match(
            Ui.entry["state"],
            ("form", rx.fragment(_sign_in(), _providers(), _to_sign_up())),
            ("first", _first()),
            _waiting(),
        )
    )


def join() -> rx.Component:
    """Return the page at `/join/<kind>`: the first account, an invitation, a new password, or to sign up."""
    return _alone(
        rx.match(
            Ui.entry["state"],
            ("form", _join()),
            ("none", _nothing()),
            _waiting(),
        )
    )


def _alone(*content: rx.Component) -> rx.Component:
    """Return a page that has nothing but `content`, in the middle."""
    return rx.theme(
        rx.el.main(
            rx.el.div(
                rx.el.div(
                    logo(Ui.head),
                    rx.el.span(Ui.head["title"], class_name="df-brand-name"),
                    class_name="df-entry-brand",
                ),
                rx.cond(
                    Ui.failure != "",
                    rx.el.p(Ui.failure, class_name="df-alert", role="alert"),
                    rx.fragment(*content),
                ),
                class_name="df-entry-card",
            ),
            rx.el.div(toggle_color_mode(), language_choice(), class_name="df-entry-foot"),
            id="main",
            class_name="df-entry",
        ),
        accent_color=Ui.head["accent"],
        gray_color=Ui.head["gray"],
        radius=Ui.head["radius"],
        panel_background="solid",
    )


def _waiting() -> rx.Component:
    lines = [rx.el.div(class_name="df-skeleton-line") for _ in range(4)]
    return rx.el.div(*lines, class_name="df-skeleton", aria_busy="true", aria_label=t("Loading"))


def _first() -> rx.Component:
    return rx.fragment(
        rx.el.h1(t("Welcome")),
        rx.el.p(
            t("This app has no account yet. Its log has the link with which the first one is made."),
            class_name="df-lead",
        ),
        rx.link(
            t("I have the code"),
            href="/join/first/",
            class_name="df-button is-solid is-wide",
            underline="none",
        ),
    )


def _nothing() -> rx.Component:
    return rx.fragment(
        rx.el.h1(t("This link leads nowhere")),
        rx.el.p(t("It may be mistyped. Ask for a new one."), class_name="df-lead"),
        rx.link(t("Sign in"), href="/login/", class_name="df-button is-solid is-wide", underline="none"),
    )


def _sign_in() -> rx.Component:
    return _form(
        rx.el.h1(t("Sign in")),
        _message(),
        _input("email", t("E-mail"), type="email", value=Ui.entry["email"], complete="username"),
        _input("password", t("Password"), type="password", complete="current-password"),
        rx.el.input(type="hidden", name="next", default_value=Ui.entry["next"]),
        rx.el.button(t("Sign in"), class_name="df-button is-solid is-wide", type="submit"),
    )


def _providers() -> rx.Component:
    def button(provider: rx.Var[Provider]) -> rx.Component:
        return plain_form(
            rx.el.input(type="hidden", name="next", default_value=Ui.entry["next"]),
            rx.el.button(provider["title"], class_name="df-button is-soft is-wide", type="submit"),
            action=provider["action"],
            key=provider["action"],
        )

    return rx.cond(
        Ui.entry["providers"].length() > 0,
        rx.el.div(
            rx.el.p(rx.el.span(t("or")), class_name="df-entry-or"),
            rx.foreach(Ui.entry["providers"].to(list[Provider]), button),
            class_name="df-entry-others",
        ),
    )


def _to_sign_up() -> rx.Component:
    return rx.cond(
        Ui.entry["open"],
        rx.el.p(
            t("No account yet?"),
            " ",
            rx.link(t("Sign up"), href="/join/new/", class_name="df-link", underline="none"),
            class_name="df-entry-more",
        ),
    )


def _join() -> rx.Component:
    return _form(
        rx.match(
            Ui.entry["kind"],
            ("first", rx.el.h1(t("Make the first account"))),
            ("invitation", rx.el.h1(t("Choose your password"))),
            ("reset", rx.el.h1(t("Choose a new password"))),
            rx.el.h1(t("Sign up")),
        ),
        _message(),
        rx.cond(Ui.entry["asks_code"], _code()),
        rx.cond(
            Ui.entry["asks_email"],
            _input(
                "email", t("E-mail"), type="email", value=Ui.entry["email"], error=Ui.entry["email_error"],
                complete="username",
            ),
        ),
        rx.cond(
            Ui.entry["asks_name"],
            _input(
                "name", t("Name"), value=Ui.entry["name"], error=Ui.entry["name_error"], complete="name"
            ),
        ),
        _input(
            "password", t("Password"), type="password", error=Ui.entry["password_error"],
            complete="new-password", help=t("10 characters or more."),
        ),
        rx.el.button(t("Continue"), class_name="df-button is-solid is-wide", type="submit"),
    )  # fmt: skip


def _code() -> rx.Component:
    return rx.el.div(
        _input("code", t("Code"), complete="off", help=t("It stands at the end of the link.")),
        on_mount=rx.call_script(TAKE_CODE),
    )


def _form(*content: rx.Component) -> rx.Component:
    return plain_form(*content, action=Ui.entry["action"], class_name="df-entry-form", key=Ui.entry["kind"])


def _message() -> rx.Component:
    return rx.cond(
        Ui.entry["message"] != "", rx.el.p(Ui.entry["message"], class_name="df-alert", role="alert")
    )


def _input(
    name: str,
    label: rx.Var[str],
    *,
    type: str = "text",
    value: rx.Var[str] | str = "",
    error: rx.Var[str] | str = "",
    complete: str = "off",
    help: rx.Var[str] | str = "",
) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"in-{name}", class_name="df-label"),
        rx.el.input(
            type=type,
            name=name,
            id=f"in-{name}",
            default_value=value,
            auto_complete=complete,
            required=True,
            aria_invalid=rx.cond(error != "", "true", "false"),
            aria_describedby=f"help-{name}",
            class_name="df-input",
            spell_check=False,
        ),
        rx.el.p(
            rx.cond(
                error != "", rx.el.span(error, class_name="df-error"), rx.el.span(help, class_name="df-help")
            ),
            id=f"help-{name}",
            class_name="df-entry-help",
        ),
        class_name="df-field",
    )
