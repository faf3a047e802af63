"""Where the rows of a sync are, as far as it may be shown, and as the environment says. Opens nothing."""

import hashlib
from collections.abc import Mapping

import msgspec

from dataforms.spec import AppSpec
from dataforms.spec_sync import Sync, SyncSource
from dataforms.syncing.failed import PlaceMissing
from dataforms.words import say

_EXAMPLES = {"file": "/srv/data/orders.csv", "url": "https://example.com/orders.json"}


def shown(source: SyncSource) -> str:
    """Return where the rows are as everybody may read it: an environment variable by its name."""
    place = source.place if source.env is None else source.env
    parts = (source.schema_, source.table) if source.kind == "database" else (source.files or source.sheet,)
    inside = ".".join(part for part in parts if part)
    return f"{place} · {inside}" if inside else str(place)


def missing(sync: Sync, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that a sync needs and that are not set."""
    wanted = (sync.from_.env, sync.from_.authorization)
    return tuple(name for name in wanted if name is not None and not environment.get(name, "").strip())


def place_of(app: str, sync: Sync, environment: Mapping[str, str]) -> str:
    """Return where the rows are; raise PlaceMissing."""
    for name in missing(sync, environment):
        raise PlaceMissing(
            say("The environment variable {variable} is not set.", variable=name),
            how_to_set(app, sync, name),
            name,
        )
    source = sync.from_
    return source.place or "" if source.env is None else environment[source.env].strip()


def how_to_set(app: str, sync: Sync, variable: str) -> str:
    """Return the command that gives an app a variable; one that may hold a secret gets it from a file."""
    if variable == sync.from_.env and sync.from_.kind != "database":
        return f'protoddfctl set {app} "env.{variable}={_EXAMPLES[sync.from_.kind]}" --restart-now'
    return f"protoddfctl set {app} secrets.{variable}=/path/to/a/file --restart-now"


def digest(spec: AppSpec, sync: Sync, place: str) -> str:
    """Return what tells one way to do a sync from another: another one makes an old source new."""
    told = msgspec.json.encode((sync, spec.entity(sync.into), place))
    return hashlib.sha256(told).hexdigest()
