"""What a model did, in words a person can read. What it said itself is text, cut, on one line. Pure."""

from collections.abc import Iterator

from protoddfd.design.model.patch import Change, Patch
from protoddfd.wire.design import ModelUse

_SUMMARY_CHARACTERS = 200
_VERBS = {"add": "added", "change": "changed", "rename": "renamed", "remove": "removed", "set": "set"}


def told(patch: Patch, by: str = "model") -> tuple[str, ...]:
    """Return a note for every change, after what the model says that they are for."""
    if not patch.changes:
        return ()
    summary = _line(patch.summary)
    return (
        *((f"the model says: {summary}",) if summary else ()),
        *(_told(change, by) for change in patch.changes),
    )


def _told(change: Change, by: str) -> str:
    verb, _, what = change.op.partition("_")
    about = ".".join(each for each in (change.entity, change.field) if each) or change.view or ""
    rest = f" ({change.type})" if change.type else f" to {change.to}" if change.to else ""
    return _line(f"{by}: {_VERBS[verb]} {what.replace('_', ' ')} {about}{rest}")


def note_of_use(use: ModelUse) -> tuple[str, ...]:
    """Return what came of asking the model, and what left this machine."""
    return tuple(_notes(use))


def _notes(use: ModelUse) -> Iterator[str]:
    if use.outcome == "draft_stands":
        yield f"the rules' draft stands: the model {use.name} was of no help, {_line(use.reason)}"
    elif use.outcome == "unchanged":
        yield f"the model {use.name} found nothing to change"
    if use.endpoint == "cassette":
        yield "the model's answers are from the cassette; nothing left this machine"
    elif use.calls:
        times = "once" if use.calls == 1 else f"{use.calls} times"
        paid = f", cost {use.cost:.4f}" if use.cost else ""
        yield (
            f"{use.endpoint} was asked {times}: {' and '.join(use.sent)} left this machine, "
            f"{use.sent_characters:,} characters with the task{paid}; {use.record} has every word"
        )
    else:
        yield "nothing left this machine"


def _line(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SUMMARY_CHARACTERS else f"{line[: _SUMMARY_CHARACTERS - 1]}…"
