"""What a field asks of its column. Imports only the spec of this package."""

from dataforms.spec import Field


def is_nullable(field: Field) -> bool:
    """Tell whether a field's column may be empty."""
    return not field.required or field.visible_when is not None
