"""source.put, spec.check and spec.propose: data and specs, before there is an app."""

import asyncio
import base64
import binascii
from typing import Any

import msgspec

from protoddfd.core.access import Caller
from protoddfd.errors import Degraded, DesignRefused, SourceRefused, SpecInvalid
from protoddfd.generate.names import suggest_name
from protoddfd.runtime.services import Services
from protoddfd.usecases import design
from protoddfd.usecases.create import resolve
from protoddfd.usecases.specs_of_apps import spec_file
from protoddfd.usecases.starting import find
from protoddfd.wire import params, results
from protoddfd.worker import messages as jobs


def put_source(services: Services, caller: Caller, asked: params.SourcePut) -> results.SourceId:
    """Take one chunk of a file."""
    try:
        chunk = base64.b64decode(asked.chunk_base64, validate=True)
    except binascii.Error as error:
        raise SourceRefused(
            f"the chunk is not base64: {error}", hint="encode it and send it again"
        ) from error
    try:
        handle = services.sources.put(asked.source, asked.name, chunk, last=asked.last)
    except OSError as error:
        raise Degraded(f"cannot store the upload: {error.strerror}", hint="protoddfctl doctor") from error
    return results.SourceId(source=handle)


async def check_spec(services: Services, caller: Caller, asked: params.SpecCheck) -> results.Problems:
    """List every fault of a spec."""
    checked: jobs.Checked = await services.workers.run(jobs.Check(spec=asked.spec))
    return results.Problems(problems=checked.problems)


async def propose(services: Services, caller: Caller, asked: params.SpecPropose) -> results.Proposal:
    """Infer a spec from data, or design one from a description, without making anything."""
    if not asked.sources and asked.description is None:
        raise DesignRefused(
            "nothing to design from was given",
            hint='protoddfctl propose FILE, or propose --describe "books with title and author"',
        )
    base = await _base(services, asked)
    handed: list[str] = []
    sources = resolve(services, caller, asked.sources, handed)
    name = suggest_name(sources[0].name.rsplit(".", 1)[0]) if sources else None
    job = jobs.Propose(
        name=name, title=None, sources=sources, description=asked.description, base=base,
        **design.by(services, caller, asked.designer),
    )  # fmt: skip
    proposed = await design.propose(services, job)
    return results.Proposal(
        spec=proposed.spec,
        notes=proposed.notes,
        confidence=proposed.confidence,
        sampled=proposed.sampled,
        designer=proposed.designer,
        renames=proposed.renames,
        model=proposed.model,
    )


async def _base(services: Services, asked: params.SpecPropose) -> Any:
    """Return the spec that is to be changed, None where one is to be made."""
    if asked.app is None and asked.base is None:
        return None
    if asked.app is not None and asked.sources:
        await spec_file(find(services, asked.app))
        raise DesignRefused(
            "the spec of an app is not changed by data, for that would leave out what only the app has",
            hint="protoddfctl propose FILE -o new.json, edit it, then "
            f"protoddfctl update {asked.app} new.json; rows come in by Import in the app, REST, or a sync",
        )
    if asked.sources or not asked.description or (asked.app is not None and asked.base is not None):
        raise DesignRefused(
            "a change is designed from one spec and a description",
            hint="give base or app, a description, and no sources",
        )
    if asked.app is None:
        return asked.base
    app = find(services, asked.app)
    path = await spec_file(app)
    try:
        return msgspec.json.decode(await asyncio.to_thread(path.read_bytes))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecInvalid(f"{path} cannot be read: {error}", hint=f"protoddfctl check {path}") from error
