"""The tables beside those of a spec that an app makes once it needs them: all that a copy must not forget."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.accounts.tables import METADATA as ACCOUNTS
from dataforms.migrate.kept import kept_table
from dataforms.rest.outbox import METADATA as WEBHOOKS
from dataforms.saved_views import VIEWS
from dataforms.syncing.tables import METADATA as SYNCS


def asides_in(connection: Connection) -> list[sa.Table]:
    """Return those that are there, each behind what it refers to."""
    there = set(sa.inspect(connection).get_table_names())
    known = (*ACCOUNTS.sorted_tables, *WEBHOOKS.sorted_tables, *SYNCS.sorted_tables, VIEWS, kept_table())
    return [table for table in known if table.name in there]
