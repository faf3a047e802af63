"""Types whose values are other records: the rows of the registry. Imports neither SQLAlchemy nor Reflex."""

from typing import Any

from dataforms import operators
from dataforms import types_choice as choice
from dataforms import types_json as json
from dataforms import types_number as number
from dataforms.typerow import TypeRow

ROWS: tuple[TypeRow[Any], ...] = (
    TypeRow(
        type="reference",
        names=False,
        widget="reference",
        read=choice.read_reference,
        shown=choice.show_reference,
        edited=number.edit_integer,
        json=json.REFERENCE,
        kind="record",
        storage="integer",
        filters=operators.ONE_OF,
        sort="label",
    ),
    TypeRow(
        type="references",
        names=False,
        widget="references",
        read=choice.read_references,
        shown=choice.show_references,
        edited=choice.edit_references,
        json=json.REFERENCES,
        kind="records",
        storage=None,
        bounds="count",
        filters=operators.SOME_OF,
        unique=False,
        sort=None,
        linked=True,
    ),
    TypeRow(
        type="children",
        names=False,
        widget="readonly",
        read=choice.refuse,
        shown=number.show_integer,
        edited=number.edit_integer,
        json=json.COUNT,
        kind="records",
        storage=None,
        filters=operators.ORDERED,
        compared=number.read_integer,
        unique=False,
        align="end",
        computed=True,
    ),
)
