"""The page at `/v/<view>`: a board, a calendar, a gallery or a dashboard."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.form import record_form
from dataforms.ui.layout import page
from dataforms.ui.question import delete_question
from dataforms.ui.rows import comparing
from dataforms.ui.state import Ui
from dataforms.ui.views.board import board
from dataforms.ui.views.calendar import calendar
from dataforms.ui.views.dashboard import dashboard
from dataforms.ui.views.frame import skeleton, unknown
from dataforms.ui.views.gallery import gallery


def view() -> rx.Component:
    """Return the page."""
    return page(
        rx.cond(
            Ui.vista["state"] == "unknown",
            unknown(),
            rx.match(
                Ui.vista["kind"],
                ("board", board()),
                ("calendar", calendar()),
                ("gallery", gallery()),
                ("dashboard", dashboard()),
                skeleton(),
            ),
        ),
        record_form(),
        delete_question(),
        comparing(),
    )
