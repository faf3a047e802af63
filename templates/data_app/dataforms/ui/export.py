"""The menu that gives a table away as a file: all rows of what the page shows, in its order and columns."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

from pathlib import Path

import reflex as rx
from reflex_base.utils.imports import ImportDict, ImportVar

from dataforms.ui.shapes import Column
from dataforms.ui.state import Ui
from dataforms.ui.words import t

SCRIPT = Path(__file__).with_name("export_menu.js").read_text()


class ExportMenu(rx.Component):
    """The component in `export_menu.js`: a button that opens a list of links."""

    tag = "ExportMenu"
    table: rx.Var[str]
    search: rx.Var[str]
    columns: rx.Var[list[Column]]
    forms: rx.Var[list[dict[str, str]]]
    label: rx.Var[str]
    icon: rx.Var[rx.Component]

    def add_imports(self) -> ImportDict:
        """Return what the script uses."""
        return {"react": [ImportVar(tag=name) for name in ("useEffect", "useRef", "useState")]}

    def add_custom_code(self) -> list[str]:
        """Return the script."""
        return [SCRIPT]


def export_menu() -> rx.Component:
    """Return the menu; there is none while there is nothing to give away."""
    forms = [
        {"ending": "xlsx", "title": t("Excel")},
        {"ending": "csv", "title": t("CSV")},
        {"ending": "json", "title": t("JSON")},
    ]
    return rx.cond(
        Ui.view["state"] == "rows",
        ExportMenu.create(
            table=Ui.view["slug"],
            search=Ui.search,
            columns=Ui.columns,
            forms=rx.Var.create(forms),
            label=t("Export"),
            icon=rx.icon("download", size=16),
        ),
    )
