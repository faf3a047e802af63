"""Small parts that several pages use."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.icons import FALLBACK, ICONS
from dataforms.ui.shapes import Head
from dataforms.ui.words import t
from dataforms.words import LANGUAGES


def named_icon(name: rx.Var[str] | str, size: int = 18) -> rx.Component:
    """Return the icon called `name`, out of the fixed set, `size` pixels wide."""
    pictures = [(each, rx.icon(each, size=size)) for each in ICONS]
    return rx.match(name, *pictures, rx.icon(FALLBACK, size=size))


def toggle_color_mode() -> rx.Component:
    """Return the button between light and dark; the stylesheet shows the fitting picture."""
    return rx.el.button(
        rx.el.span(rx.icon("moon", size=18), class_name="only-light"),
        rx.el.span(rx.icon("sun", size=18), class_name="only-dark"),
        on_click=rx.toggle_color_mode,
        class_name="df-ghost",
        aria_label=t("Switch between light and dark"),
        title=t("Light or dark"),
        type="button",
    )


CHOOSES_LANGUAGE: rx.Var[object] = rx.Var(
    "(event) => { document.cookie = document.documentElement.dataset.languageCookie + '=' +"
    " event.target.value + '; Path=/; Max-Age=31536000; SameSite=Lax'; location.reload(); }"
)


def language_choice() -> rx.Component:
    """Return what a page's reader chooses its language with."""
    return rx.el.label(
        rx.icon("languages", size=18),
        rx.el.span(t("Language"), class_name="df-hidden"),
        rx.el.select(
            *(rx.el.option(title, value=code, lang=code) for code, title in LANGUAGES.items()),
            value=rx.Var("(globalThis.document?.documentElement.lang || 'en')"),
            custom_attrs={"onChange": CHOOSES_LANGUAGE},
        ),
        class_name="df-language",
    )


def logo(head: rx.Var[Head]) -> rx.Component:
    """Return the sign of the app: its own picture, or its initial."""
    return rx.cond(
        head["logo"] != "",
        rx.el.img(src=head["logo"], alt="", class_name="df-logo"),
        rx.el.span(head["initial"], class_name="df-logo", aria_hidden="true"),
    )


def notice(
    icon: rx.Component, title: rx.Var[str] | str, text: rx.Var[str] | str, *actions: rx.Component
) -> rx.Component:
    """Return what stands where rows would be: a picture, what is the matter, and what to do."""
    return rx.el.div(
        rx.el.div(icon, class_name="df-notice-icon"),
        rx.el.h2(title),
        rx.el.p(text),
        rx.el.div(*actions, class_name="df-notice-actions"),
        class_name="df-notice",
    )
