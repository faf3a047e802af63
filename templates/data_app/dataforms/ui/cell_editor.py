"""Editing a cell in its place: what opens it with mouse or keyboard, and the small form that stands in it."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.forms import Form  # type: ignore[import-untyped]  # it has none
from reflex_components_core.el.elements.tables import Tbody, Tr  # type: ignore[import-untyped]  # it has none

from dataforms.ui.state import Ui
from dataforms.ui.widgets import widget

DOUBLE_CLICK_MS = 220
"""So long a click waits for a second one before it opens the row's form."""
KEYS_OF_TABLE: rx.Var[object] = rx.Var(
    """(event) => {
  const cell = event.target.closest('td[data-field]');
  if (!cell || event.target !== cell) return;
  const turn = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (turn) {
    const row = cell.parentElement;
    const rows = [...row.parentElement.children];
    const next = rows[rows.indexOf(row) + turn[0]]?.children[[...row.children].indexOf(cell) + turn[1]];
    if (next?.matches('td[tabindex]')) { event.preventDefault(); next.focus(); }
  } else if (event.key === 'F2' || event.key === 'Enter') {
    event.preventDefault();
    cell.dispatchEvent(new MouseEvent('dblclick', {bubbles: true}));
  }
}"""
)
"""Arrow keys go from cell to cell; F2 and Enter open one."""
KEYS_OF_FRAME: rx.Var[object] = rx.Var(
    """(event) => {
  if (event.target !== event.currentTarget) return;
  if (event.key === 'ArrowDown' || event.key === 'F2') {
    const cell = event.target.querySelector('td[tabindex]');
    if (cell) { event.preventDefault(); cell.focus(); }
  }
}"""
)
"""From the table's frame, which Tab reaches, the arrow down leads into its cells."""
KEYS_OF_CELL: rx.Var[object] = rx.Var(
    """(event) => {
  const form = event.currentTarget;
  if (event.key === 'Escape') {
    event.preventDefault(); event.stopPropagation();
    form.dataset.left = '1';
    const cell = form.closest('td');
    form.querySelector('[data-leave]').click();
    setTimeout(() => cell.focus());
  } else if (event.key === 'Tab') {
    event.preventDefault();
    form.querySelector('[name=df-go]').value = event.shiftKey ? 'back' : 'next';
    form.requestSubmit();
  } else if (event.key === 'Enter' && !event.shiftKey && !event.target.matches('button')) {
    event.preventDefault();
    form.querySelector('[name=df-go]').value = '';
    form.requestSubmit();
  }
}"""
)
LEFT: rx.Var[object] = rx.Var(
    """(event) => {
  const form = event.currentTarget;
  if (form.dataset.left || form.contains(event.relatedTarget) || !document.hasFocus()) return;
  form.querySelector('[name=df-go]').value = '';
  form.requestSubmit();
}"""
)
"""Who goes on elsewhere has what was typed saved."""
FOCUS: rx.Var[object] = rx.Var(
    """(form) => {
  if (!form || form.dataset.seen) return;
  form.dataset.seen = '1';
  const inputs = 'input:not([type=hidden], [type=color]), select, textarea';
  const first = form.querySelector(inputs) ?? form.querySelector('button');
  first?.focus();
  if (first?.select) first.select();
}"""
)


def _cell_of(event: rx.Var[Any]) -> tuple[rx.Var[str], rx.Var[str]]:
    """Return the record and the field of the cell in which something happened; empty outside of cells."""
    cell = f"{event!s}.target.closest('td[data-field]:not(.is-edited)')"
    return (
        rx.Var(f"({cell}?.parentElement?.dataset.record ?? '')", _var_type=str),
        rx.Var(f"({cell}?.dataset.field ?? '')", _var_type=str),
    )


class _Body(Tbody):  # type: ignore[misc]  # of a library without types
    """The rows, which tell in which cell a double click was."""

    on_double_click: rx.EventHandler[_cell_of]  # type: ignore[type-arg, valid-type]  # Reflex reads it


def _clicks_of(event: rx.Var[Any]) -> tuple[rx.Var[int]]:
    """Return which click in a row it was, shortly after another."""
    return (rx.Var(f"({event!s}.detail)", _var_type=int),)


class OpenedRow(Tr):  # type: ignore[misc]  # of a library without types
    """A row that tells how often it was clicked: the second click opens a cell instead."""

    on_click: rx.EventHandler[_clicks_of]  # type: ignore[type-arg, valid-type]  # Reflex reads it


def editable_body(rows: rx.Component) -> rx.Component:
    """Return the rows of a table whose cells can be edited."""
    return _Body.create(rows, on_double_click=Ui.open_cell, custom_attrs={"onKeyDown": KEYS_OF_TABLE})


def cell_editor() -> rx.Component:
    """Return the input of the cell that is edited, with what is wrong with it."""
    return Form.create(
        rx.foreach(Ui.inputs, _input),
        rx.el.input(type="hidden", name="df-go", default_value=""),
        rx.el.button(
            on_click=Ui.close_cell,
            type="button",
            class_name="df-hidden",
            tab_index=-1,
            aria_hidden="true",
            custom_attrs={"data-leave": "1"},
        ),
        on_submit=Ui.save_cell,
        on_click=rx.stop_propagation,
        no_validate=True,
        auto_complete="off",
        class_name="df-cell-form",
        custom_attrs={"onKeyDown": KEYS_OF_CELL, "onBlur": LEFT, "ref": FOCUS},
    )


def _input(each: rx.Var[Any]) -> rx.Component:
    return rx.el.div(
        rx.cond(
            each["widget"] == "checkbox",
            rx.fragment(),
            rx.el.label(
                each["label"],
                html_for="in-" + each["name"].to(str),
                id=each["name"].to(str) + "-label",
                class_name="df-hidden",
            ),
        ),
        widget(each),
        rx.cond(
            each["error"] != "",
            rx.el.p(
                rx.icon("circle-alert", size=14),
                each["error"],
                id=each["name"].to(str) + "-error",
                class_name="df-error",
                role="alert",
            ),
        ),
        key=each["name"],
    )
