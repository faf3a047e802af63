"""Files -> a proposal (spec and plan) -> typed rows in the database. Synchronous, for a worker."""

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Source
from protoddfd.importers.load import Database, Progress, Row, load, rows
from protoddfd.importers.plan import (
    ColumnPlan,
    EntityReport,
    KeyReference,
    LoadReport,
    Misfit,
    Proposal,
    TablePlan,
)
from protoddfd.importers.propose import propose

__all__ = [
    "ColumnPlan",
    "Database",
    "EntityReport",
    "ImportRefused",
    "KeyReference",
    "LoadReport",
    "Misfit",
    "Progress",
    "Proposal",
    "Row",
    "Source",
    "TablePlan",
    "load",
    "propose",
    "rows",
]
