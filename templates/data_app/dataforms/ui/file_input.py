"""The input of a file: choose or drop, see how far it is, see what it is, replace and remove it."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

from pathlib import Path
from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportDict, ImportVar

from dataforms.ui.shapes import Input
from dataforms.ui.state import Ui
from dataforms.ui.words import t

SCRIPT = Path(__file__).with_suffix(".js").read_text()


class FileInput(rx.Component):
    """The component in `file_input.js`: it sends a chosen file, and the form has what the server answered."""

    tag = "FileInput"
    name: rx.Var[str]
    label: rx.Var[str]
    value: rx.Var[str]
    table: rx.Var[str]
    record: rx.Var[str]
    accept: rx.Var[str]
    kinds: rx.Var[str]
    limit: rx.Var[int]
    invalid: rx.Var[bool]
    required: rx.Var[bool]
    described_by: rx.Var[str]
    words: rx.Var[dict[str, str]]

    def add_imports(self) -> ImportDict:
        """Return what the script uses."""
        return {"react": [ImportVar(tag=name) for name in ("useEffect", "useRef", "useState")]}

    def add_custom_code(self) -> list[str]:
        """Return the script."""
        return [SCRIPT]


def file_input(each: rx.Var[Input]) -> rx.Component:
    """Return the input of a field that holds a file."""
    name = each["name"].to(str)
    words: dict[str, Any] = {
        "choose": t("Choose a file, or drop it here"),
        "upTo": t("up to {limit} MiB", limit=each["max"].to(str)),
        "tooLarge": t("Is too large: at most {limit} MiB can be kept.", limit=each["max"].to(str)),
        "sending": t("Sending the file"),
        "cancel": t("Cancel"),
        "replace": t("Replace"),
        "remove": t("Remove"),
        "wait": t("Wait until the file is sent, or cancel it."),
        "failed": t("The file could not be sent: try again."),
    }
    return FileInput.create(
        id="in-" + name,
        name=name,
        label=each["label"],
        value=each["value"],
        table=each["table"],
        record=Ui.form["record"],
        accept=each["accept"],
        kinds=each["placeholder"],
        limit=rx.Var(f"(1048576 * Number({each['max']!s}))", _var_type=int),
        invalid=each["error"] != "",
        required=each["required"],
        described_by=name + "-help " + name + "-error",
        words=rx.Var.create(words),
    )
