"""A form that the browser itself sends; Reflex's own keeps every form in the page."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML  # type: ignore[import-untyped]  # it has none


class PlainForm(BaseHTML):  # type: ignore[misc]  # of a library without types
    """A form that is sent to `action`; the answer leads to the next page."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str] = rx.Var.create("post")


plain_form = PlainForm.create
