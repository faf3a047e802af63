"""The frame of every page: the menu beside it (above it on a phone), and the theme around it."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.me import account_links
from dataforms.ui.parts import language_choice, logo, named_icon, notice, toggle_color_mode
from dataforms.ui.shapes import TableLink
from dataforms.ui.state import Ui
from dataforms.ui.words import t


def page(*content: rx.Component) -> rx.Component:
    """Return a whole page with `content` in its main part."""
    return rx.theme(
        rx.el.a(t("Skip to content"), href="#main", class_name="df-skip"),
        rx.el.div(
            rx.el.aside(_brand(), _menu(in_drawer=False), _foot(), class_name="df-side"),
            rx.el.header(_drawer(), _brand(), toggle_color_mode(), class_name="df-top"),
            rx.el.main(
                rx.cond(Ui.failure != "", _failure(), rx.fragment(*content)),
                id="main",
                class_name="df-main",
                tab_index=-1,
            ),
            class_name="df-shell",
        ),
        accent_color=Ui.head["accent"],
        gray_color=Ui.head["gray"],
        radius=Ui.head["radius"],
        panel_background="solid",
    )


def _failure() -> rx.Component:
    return notice(
        rx.icon("circle-alert", size=26),
        t("The data cannot be shown now"),
        Ui.failure,
        rx.el.a(t("Try again"), href="", class_name="df-button is-solid"),
    )


def waiting() -> rx.Component:
    """Return what stands there until the page's own scripts are loaded: the frame, and lines to come."""
    lines = [rx.el.div(class_name="df-skeleton-line") for _ in range(9)]
    return rx.theme(
        rx.el.div(
            rx.el.div(class_name="df-side"),
            rx.el.div(class_name="df-top"),
            rx.el.div(
                rx.el.div(class_name="df-head df-head-text"),
                rx.el.div(*lines, class_name="df-panel df-skeleton"),
                class_name="df-main",
            ),
            class_name="df-shell",
            aria_busy="true",
        ),
        panel_background="solid",
    )


def _brand() -> rx.Component:
    return rx.link(
        logo(Ui.head),
        rx.el.span(Ui.head["title"], class_name="df-brand-name"),
        href="/",
        class_name="df-brand",
        underline="none",
    )


def _menu(*, in_drawer: bool) -> rx.Component:
    def entry(table: rx.Var[TableLink]) -> rx.Component:
        link = rx.link(
            named_icon(table["icon"]),
            rx.el.span(table["title"], class_name="df-nav-name"),
            rx.el.span(table["count"], class_name="df-nav-count"),
            href=table["href"],
            class_name="df-nav",
            underline="none",
            aria_current=rx.cond(Ui.place == table["slug"], "page", "false"),
            key=table["slug"],
        )
        return rx.dialog.close(link, key=table["slug"]) if in_drawer else link

    home = rx.link(
        rx.icon("layout-grid", size=18),
        rx.el.span(t("Overview"), class_name="df-nav-name"),
        href="/",
        class_name="df-nav",
        underline="none",
        aria_current=rx.cond(Ui.place == "", "page", "false"),
    )
    syncs = rx.link(
        rx.icon("refresh-cw", size=18),
        rx.el.span(t("Syncs"), class_name="df-nav-name"),
        href="/syncs",
        class_name="df-nav",
        underline="none",
        aria_current=rx.cond(Ui.place == "@syncs", "page", "false"),
    )
    return rx.cond(
        Ui.visiting & (Ui.tables.length() < 2),  # one form is all there is
        rx.el.div(class_name="df-menu"),
        rx.el.nav(
            rx.dialog.close(home) if in_drawer else home,
            rx.el.div(t("Tables"), class_name="df-nav-group"),
            rx.foreach(Ui.tables, entry),
            rx.cond(Ui.has_syncs, rx.dialog.close(syncs) if in_drawer else syncs),
            class_name="df-menu",
            aria_label=t("Tables"),
        ),
    )


def _foot() -> rx.Component:
    return rx.el.div(
        account_links(in_drawer=False),
        rx.el.div(toggle_color_mode(), language_choice(), class_name="df-side-row"),
        class_name="df-side-foot",
    )


def _drawer() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(
            rx.el.button(rx.icon("menu", size=20), class_name="df-ghost", aria_label=t("Menu"), type="button")
        ),
        rx.dialog.content(
            # First, since a dialog gives the focus to its first button, and below it there are only links.
            rx.dialog.close(
                rx.el.button(
                    rx.icon("x", size=18),
                    class_name="df-ghost df-close",
                    aria_label=t("Close"),
                    type="button",
                )
            ),
            rx.dialog.title(Ui.head["title"], class_name="df-drawer-title"),
            _menu(in_drawer=True),
            account_links(in_drawer=True),
            rx.el.div(language_choice(), class_name="df-side-row"),
            class_name="df-drawer",
            aria_describedby="",
        ),
    )
