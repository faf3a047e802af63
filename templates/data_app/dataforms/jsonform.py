"""What a value looks like in JSON: the shape of what the type registry says of it. Imports only the spec."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from dataforms.spec import Field

V = TypeVar("V")
JsonSchema = dict[str, Any]
"""A schema of JSON Schema 2020-12."""


def unchanged(raw: object, field: Field) -> object:
    """Return the value as it is."""
    return raw


class JsonForm(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """The JSON form of a type's values; an empty one is null, of whatever type."""

    schema: Callable[[Field], JsonSchema]
    """Return the schema of what may be sent for a field, null left out."""
    write: Callable[[V, Field], object] = unchanged
    """Return a canonical value in JSON's own terms: text, number, boolean, list, dict."""
    read: Callable[[object, Field], object] = unchanged
    """Return what `TypeRow.parse` takes for a JSON value that fits the schema; raise FieldError."""
