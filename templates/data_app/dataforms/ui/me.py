"""Who is signed in, in the menu: their account, the people page, the way out."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.plain_form import plain_form
from dataforms.ui.state import Ui
from dataforms.ui.words import t


def account_links(*, in_drawer: bool) -> rx.Component:
    """Return the links of whoever is signed in, the way in for visitors; nothing where there is no login."""

    def link(icon: str, text: rx.Var[str], href: str, place: str) -> rx.Component:
        found = rx.link(
            rx.icon(icon, size=18),
            rx.el.span(text, class_name="df-nav-name"),
            href=href,
            class_name="df-nav",
            underline="none",
            aria_current=rx.cond(Ui.place == place, "page", "false"),
        )
        return rx.dialog.close(found) if in_drawer else found

    visitor = rx.el.nav(
        link("log-in", t("Sign in"), "/login/", "@login"), class_name="df-me", aria_label=t("Account")
    )
    return rx.cond(
        Ui.me["on"],
        rx.el.nav(
            rx.cond(Ui.me["admin"], link("users", t("People"), "/people/", "@people")),
            link("circle-user", Ui.me["name"], "/account/", "@account"),
            plain_form(
                rx.el.button(
                    rx.icon("log-out", size=18),
                    rx.el.span(t("Sign out"), class_name="df-nav-name"),
                    class_name="df-nav",
                    type="submit",
                ),
                action="/auth/sign-out",
            ),
            class_name="df-me",
            aria_label=t("Account"),
        ),
        rx.cond(Ui.visiting, visitor),
    )
