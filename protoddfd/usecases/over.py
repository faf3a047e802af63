"""Apps over a database that exists: what may be asked for, and how the app learns where that database is.

Its address, in which a password may be, is an environment variable of the app and nowhere in its folder.
"""

from pathlib import Path

import msgspec

from dataforms.origin import VARIABLE
from protoddfd.errors import DesignRefused
from protoddfd.runtime.record import AppRecord
from protoddfd.wire import params
from protoddfd.worker import messages as jobs


def refuse(asked: params.AppCreate) -> None:
    """Raise DesignRefused unless one database is named that stays where it is."""
    source = asked.sources[0] if len(asked.sources) == 1 else None
    if source is None or (source.path is None and source.url is None) or asked.spec is not None:
        raise DesignRefused(
            "an app over a database is made from one database that the daemon can read where it is",
            hint=f"protoddfctl create {asked.name} --template dashboard --from /path/to/file.db, as the "
            "daemon's own user, or --from postgresql://user@host/name",
        )


def with_source(record: AppRecord, sources: tuple[jobs.SourceFile, ...]) -> AppRecord:
    """Return an app's record with the address of its database in the app's environment."""
    path = sources[0].path
    url = path if "://" in path else f"sqlite:///{Path(path).absolute()}"
    options = msgspec.structs.replace(record.options, env={**record.options.env, VARIABLE: url})
    return msgspec.structs.replace(record, options=options)
