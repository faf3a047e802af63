"""The tables of syncs, beside those of the data: runs, and what came by which sync. Opens nothing."""

import sqlalchemy as sa

from dataforms.pairs import KEY_TYPE

METADATA = sa.MetaData()


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


COUNTS = ("rows", "added", "changed", "unchanged", "skipped", "refused", "missing")
RUNS = sa.Table(
    "dataforms_sync_runs",
    METADATA,
    sa.Column("id", KEY_TYPE, primary_key=True),
    sa.Column("sync", sa.Text(), nullable=False, index=True),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("is_dry", sa.Integer(), nullable=False),
    sa.Column("began", sa.Float(), nullable=False),
    sa.Column("ended", sa.Float()),
    _text("who"),
    *map(_count, COUNTS),
    _text("message"),
    _text("hint"),
    _text("faults"),
    _text("notes"),
    _text("fingerprint"),
    sqlite_autoincrement=True,
)
"""Times are seconds since 1970; `faults` and `notes` are JSON; `fingerprint` tells the source as it was."""
RECORDS = sa.Table(
    "dataforms_sync_records",
    METADATA,
    sa.Column("sync", sa.Text(), primary_key=True),
    sa.Column("record", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("is_missing", sa.Integer(), nullable=False),
)
