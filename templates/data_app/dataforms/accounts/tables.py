"""The tables of accounts, beside those of the data. Times are seconds since 1970. Opens no connection."""

import sqlalchemy as sa

from dataforms.pairs import KEY_TYPE

METADATA = sa.MetaData()


def _account(**options: bool) -> sa.Column[int]:
    key = sa.ForeignKey("dataforms_accounts.id", ondelete="CASCADE")
    return sa.Column("account", KEY_TYPE, key, index=True, **options)  # type: ignore[arg-type]  # all are booleans


ACCOUNTS = sa.Table(
    "dataforms_accounts",
    METADATA,
    sa.Column("id", KEY_TYPE, primary_key=True),
    sa.Column("email", sa.Text(), nullable=False, unique=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("password", sa.Text()),
    sa.Column("roles", sa.Text(), nullable=False),
    sa.Column("is_admin", sa.Integer(), nullable=False),
    sa.Column("is_active", sa.Integer(), nullable=False),
    sa.Column("created", sa.BigInteger(), nullable=False),
    sa.Column("signed_in", sa.BigInteger()),
    sqlite_autoincrement=True,
)
SESSIONS = sa.Table(
    "dataforms_sessions",
    METADATA,
    sa.Column("digest", sa.Text(), primary_key=True),
    _account(nullable=False),
    sa.Column("seen", sa.BigInteger(), nullable=False),
    sa.Column("expires", sa.BigInteger(), nullable=False),
)
TOKENS = sa.Table(
    "dataforms_tokens",
    METADATA,
    sa.Column("id", KEY_TYPE, primary_key=True),
    sa.Column("digest", sa.Text(), nullable=False, unique=True),
    _account(nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("roles", sa.Text()),
    sa.Column("created", sa.BigInteger(), nullable=False),
    sa.Column("expires", sa.BigInteger()),
    sa.Column("used", sa.BigInteger()),
    sqlite_autoincrement=True,
)
LINKS = sa.Table(
    "dataforms_links",
    METADATA,
    sa.Column("digest", sa.Text(), primary_key=True),
    sa.Column("kind", sa.Text(), nullable=False),
    _account(nullable=True),
    sa.Column("data", sa.Text(), nullable=False),
    sa.Column("expires", sa.BigInteger(), nullable=False),
)
ATTEMPTS = sa.Table(
    "dataforms_attempts",
    METADATA,
    sa.Column("key", sa.Text(), primary_key=True),
    sa.Column("failures", sa.Integer(), nullable=False),
    sa.Column("until", sa.BigInteger(), nullable=False),
    sa.Column("last", sa.BigInteger(), nullable=False),
)
IDENTITIES = sa.Table(
    "dataforms_identities",
    METADATA,
    sa.Column("issuer", sa.Text(), primary_key=True),
    sa.Column("subject", sa.Text(), primary_key=True),
    _account(nullable=False),
)
