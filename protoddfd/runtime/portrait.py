"""An app as clients see it, made from what is stored and what is known of its instances."""

from collections.abc import Iterable
from typing import Any

from protoddfd.core import scale
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.slot import Slot
from protoddfd.wire import results
from protoddfd.worker.messages import Inspection

PARTED = "instances"
"""The field of an app of which parts may be asked for."""


def url_of(record: AppRecord) -> str:
    """Return where a browser finds an app; empty without a port."""
    return f"http://127.0.0.1:{record.frontend}/" if record.frontend else ""


def reason_of(slots: Iterable[Slot], last_words: str) -> str | None:
    """Return why an app is as it is; a failure is told with its `last_words`."""
    known = [(slot.it.state, slot.it.reason) for slot in slots]
    reason = scale.reason(known)
    failed = scale.overall([state for state, _ in known]) == "failed"
    return f"{reason}{last_words}" if reason and failed else reason


def some_of(app: results.App, fields: Iterable[str]) -> dict[str, Any]:
    """Return some fields of an app; `instances.pid` stands for that field of each instance."""
    inner = [name.partition(".")[2] for name in fields if name.startswith(f"{PARTED}.")]
    shown = {name: getattr(app, name) for name in fields if "." not in name}
    if inner and PARTED not in shown:
        shown[PARTED] = [{name: getattr(each, name) for name in inner} for each in app.instances]
    return shown


def portrait(
    record: AppRecord,
    slots: Iterable[Slot],
    *,
    last_words: str,
    bundle: results.Bundle,
    shared_sessions: bool,
) -> results.App:
    """Return what clients see, but for what is sampled of the app as a whole."""
    slots = list(slots)
    views = (slot.view() for slot in slots)
    return results.App(
        name=record.name,
        title=record.title,
        template=record.template,
        state=scale.overall([slot.it.state for slot in slots]),
        wanted=record.wanted,
        reason=reason_of(slots, last_words),
        ports=results.Ports(frontend=record.frontend, backend=record.backend),
        url=url_of(record),
        path=record.path,
        instances=tuple(view for view in views if view is not None),
        created_at=record.created_at,
        spec_revision=record.spec_revision,
        bundle=bundle,
        served_by=record.served_by,
        scale=record.scale,
        sessions="shared" if shared_sessions else "sticky",
        command=record.command,
        options=record.options,
    )


def bundle_view(inspection: Inspection | None) -> results.Bundle:
    """Return what clients see of the frontend that an inspection found."""
    if inspection is None:
        return results.Bundle(state="none")
    if not inspection.servable:
        return results.Bundle(state="none", detail=inspection.reason)
    if not inspection.bundle:
        return results.Bundle(state="building", digest=inspection.digest)
    return results.Bundle(state="shared" if inspection.shared else "built", digest=inspection.digest)
