"""What a database is read and written with: what all accounts share, and what serves one of them."""

import msgspec

from dataforms.computing import Computing
from dataforms.conditions import Conditions
from dataforms.limits import Limits
from dataforms.reading import Reading
from dataforms.saving import Saving
from dataforms.schema import Schema
from dataforms.views.asking import Asking
from dataforms.writing import Writing


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What all views of one database share."""

    schema: Schema
    computing: Computing
    conditions: Conditions
    whole: Reading


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What serves one account."""

    limits: Limits
    reading: Reading
    writing: Writing
    saving: Saving
    asking: Asking
