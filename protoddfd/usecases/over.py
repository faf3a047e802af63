"""Apps over a database that exists: what may be asked for, and how the app learns where that database is.

Its address, in which a password may be, is a secret of the app: in a file that its owner alone may read, and
in no spec, answer or log.
"""

from pathlib import Path

import msgspec

from dataforms.origin import SOURCE_FILE, VARIABLE
from protoddfd.errors import DesignRefused
from protoddfd.runtime.record import AppRecord
from protoddfd.wire import params


def refuse(asked: params.AppCreate) -> None:
    """Raise DesignRefused unless one database is named that stays where it is."""
    source = asked.sources[0] if len(asked.sources) == 1 else None
    if source is None or (source.path is None and source.url is None) or asked.spec is not None:
        raise DesignRefused(
            "an app over a database is made from one database that the daemon can read where it is",
            hint=f"protoddfctl create {asked.name} --template dashboard --from /path/to/file.db, as the "
            "daemon's own user, or --from postgresql://user@host/name",
        )
    if source.path is not None and "?" in source.path:
        raise DesignRefused("an SQLite file with a ? in its path has no address", hint="rename it")


def with_source(record: AppRecord) -> AppRecord:
    """Return an app's record with the file that says where its database is as a secret of the app."""
    secrets = {**record.options.secrets, VARIABLE: str(Path(record.path) / SOURCE_FILE)}
    return msgspec.structs.replace(record, options=msgspec.structs.replace(record.options, secrets=secrets))
