"""The rows: each measures one thing, once in a run or with a given number of apps running."""

from typing import NamedTuple

from benchmarks.bench import AtSize, Once
from benchmarks.rows import (
    adopt,
    create,
    flood,
    idle,
    import_into,
    importing,
    logging,
    memory,
    page,
    restart,
    rpc,
    start,
    table,
    wake,
)


class Row(NamedTuple):
    """One row: its name on the command line, and what measures it."""

    name: str
    once: Once | None = None
    at_size: AtSize | None = None


ROWS: tuple[Row, ...] = (
    Row("create", once=create.measure),
    Row("page", once=page.measure),
    Row("start", at_size=start.measure),
    Row("wake", at_size=wake.measure),
    Row("memory", at_size=memory.measure),
    Row("rpc", at_size=rpc.measure),
    Row("idle", at_size=idle.measure),
    Row("restart", at_size=restart.measure),
    Row("flood", at_size=flood.measure),
    Row("adopt", at_size=adopt.measure),
    Row("import", once=importing.measure),
    Row("import_into", once=import_into.measure),
    Row("table", once=table.measure),
    Row("log", once=logging.measure),
)
