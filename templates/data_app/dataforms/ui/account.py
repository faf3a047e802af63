"""The page of one's own account: password, tokens for programs, and the end of all sessions."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.layout import page
from dataforms.ui.shapes import Choice
from dataforms.ui.shapes_login import TokenLine
from dataforms.ui.state import Ui
from dataforms.ui.words import t

SELECT_ALL: rx.Var[object] = rx.Var("(event) => event.target.select()")
COPY = (
    "navigator.clipboard?.writeText(document.getElementById('in-secret').value)"
    "?? (document.getElementById('in-secret').select(), document.execCommand('copy'))"
)


def account() -> rx.Component:
    """Return the page at `/account`."""
    return page(
        rx.el.div(
            rx.el.div(
                rx.el.h1(Ui.me["name"]),
                rx.el.p(Ui.me["email"], class_name="df-lead"),
                class_name="df-head-text",
            ),
            class_name="df-head",
        ),
        rx.el.div(_password(), _tokens(), _sessions(), class_name="df-sections"),
        secret_dialog(),
    )


def secret_dialog() -> rx.Component:
    """Return the dialog with what is shown once."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(Ui.secret["title"], class_name="df-dialog-title"),
            rx.dialog.description(Ui.secret["help"], class_name="df-dialog-text"),
            rx.el.div(
                rx.el.input(
                    value=Ui.secret["text"],
                    read_only=True,
                    id="in-secret",
                    class_name="df-input is-mono",
                    aria_label=Ui.secret["title"],
                    custom_attrs={"onFocus": SELECT_ALL},
                ),
                rx.el.button(
                    rx.icon("copy", size=16),
                    t("Copy"),
                    on_click=[rx.call_script(COPY), rx.toast.success(t("Copied"))],
                    class_name="df-button is-soft",
                    type="button",
                ),
                class_name="df-secret",
            ),
            rx.el.div(
                rx.el.button(
                    t("Done"), on_click=Ui.forget_secret, class_name="df-button is-solid", type="button"
                ),
                class_name="df-dialog-foot",
            ),
            class_name="df-dialog is-question",
        ),
        open=Ui.secret["open"],
        on_open_change=Ui.secret_open_changed,
    )


def _section(title: rx.Var[str], text: rx.Var[str], *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title), rx.el.p(text, class_name="df-section-text"), *content, class_name="df-section"
    )


def _password() -> rx.Component:
    return _section(
        t("Password"),
        t("A new one signs you out everywhere else."),
        rx.cond(
            Ui.account_error != "", rx.el.p(Ui.account_error, class_name="df-alert", role="alert")
        ),
        rx.el.form(
            rx.cond(
                Ui.me["has_password"], _labelled("old", t("Password now"), "current-password")
            ),
            _labelled("password", t("New password"), "new-password"),
            rx.el.button(t("Change password"), class_name="df-button is-soft", type="submit"),
            on_submit=Ui.change_password,
            key=f"password-{Ui.account_form}",
            class_name="df-section-form",
        ),
    )  # fmt: skip


def _labelled(name: str, label: rx.Var[str], complete: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"in-{name}", class_name="df-label"),
        rx.el.input(
            type="password",
            name=name,
            id=f"in-{name}",
            auto_complete=complete,
            required=True,
            class_name="df-input",
        ),
        class_name="df-field",
    )


def _tokens() -> rx.Component:
    return _section(
        t("Tokens"),
        t("With a token a program does what you may do, or less. Each is shown once, when it is made."),
        rx.cond(
            Ui.tokens.length() > 0,
            rx.el.ul(rx.foreach(Ui.tokens, _token), class_name="df-lines", aria_label=t("Tokens")),
        ),
        rx.el.form(
            rx.el.div(
                rx.el.label(t("What is it for?"), html_for="in-token", class_name="df-label"),
                rx.el.input(
                    name="name",
                    id="in-token",
                    required=True,
                    max_length=100,
                    auto_complete="off",
                    class_name="df-input",
                ),
                class_name="df-field",
            ),
            rx.el.div(
                rx.el.label(t("Lasts"), html_for="in-lasts", class_name="df-label"),
                rx.el.select(
                    rx.el.option(t("30 days"), value="30"),
                    rx.el.option(t("90 days"), value="90"),
                    rx.el.option(t("A year"), value="365"),
                    rx.el.option(t("For ever"), value=""),
                    name="lasts",
                    id="in-lasts",
                    default_value="30",
                    class_name="df-input",
                ),
                class_name="df-field",
            ),
            rx.cond(
                Ui.token_roles.length() > 0,
                rx.el.fieldset(
                    rx.el.legend(t("Only these roles; all without one"), class_name="df-label"),
                    rx.el.div(rx.foreach(Ui.token_roles, role_box), class_name="df-boxes"),
                    class_name="df-field",
                ),
            ),
            rx.el.button(t("Make a token"), class_name="df-button is-soft", type="submit"),
            on_submit=Ui.add_token,
            key=f"token-{Ui.account_form}",
            class_name="df-section-form",
        ),
    )


def role_box(role: rx.Var[Choice]) -> rx.Component:
    """Return the box of one role."""
    return rx.el.label(
        rx.el.input(type="checkbox", name="role:" + role["value"].to(str), default_checked=role["picked"]),
        rx.el.span(role["text"]),
        class_name="df-box",
        key=role["value"],
    )


def _token(token: rx.Var[TokenLine]) -> rx.Component:
    return rx.el.li(
        rx.icon("key-round", size=18),
        rx.el.div(
            rx.el.p(token["name"], class_name="df-line-name"),
            rx.el.p(token["text"], class_name="df-help"),
            class_name="df-line-text",
        ),
        rx.el.button(
            t("Revoke"),
            on_click=Ui.revoke_token(token["id"]),
            class_name="df-button is-soft",
            aria_label=t("Revoke {token}", token=token["name"].to(str)),
            type="button",
        ),
        key=token["id"],
    )


def _sessions() -> rx.Component:
    return _section(
        t("Sessions"),
        t("Wherever you are signed in with this account, you have to sign in again; here, too."),
        rx.el.button(
            t("Sign out everywhere"),
            on_click=Ui.sign_out_everywhere,
            class_name="df-button is-soft",
            type="button",
        ),
    )
