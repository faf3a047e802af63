"""Cards that are moved from place to place, dragged or by the keyboard: the component in `moving.js`."""

# Reflex reads the event handlers' functions, which are no types.
# mypy: disable-error-code="type-arg, valid-type"

from pathlib import Path

import reflex as rx
from reflex_base.utils.imports import ImportDict, ImportVar

SCRIPT = Path(__file__).with_name("moving.js").read_text()


def _moved(
    record: rx.Var[str], to: rx.Var[str], origin: rx.Var[str]
) -> tuple[rx.Var[str], rx.Var[str], rx.Var[str]]:
    return record, to, origin


class Moves(rx.Component):
    """What holds places (`data-drop`) with cards in them (`data-record`, `draggable`).

    Shift and an arrow key move the card that has the focus by one place, or by `rows` places up and down.
    """

    tag = "DfMoves"
    rows: rx.Var[int]
    label: rx.Var[str]
    on_moved: rx.EventHandler[_moved]

    def add_imports(self) -> ImportDict:
        """Return what the script uses."""
        return {"react": [ImportVar(tag=name) for name in ("createElement", "useEffect", "useRef")]}

    def add_custom_code(self) -> list[str]:
        """Return the script."""
        return [SCRIPT]
