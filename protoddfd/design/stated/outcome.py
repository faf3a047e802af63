"""What became of a clause: another spec and a note on it, or a note on why it was left out."""

import msgspec

from dataforms.check import problems
from dataforms.spec import AppSpec, Entity
from protoddfd.design.stated.known import Known, replaced


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader made of a clause; without a spec it understood, and could not do it."""

    note: str
    spec: AppSpec | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a clause stands: the spec so far, and the entities that it may be about, the likeliest first."""

    known: Known
    about: tuple[Entity, ...]
    near: int = 0
    """How many of these were named by the clause, or spoken of last."""
    english: bool = True
    """Are titles in English, so that sentences may be made of them?"""

    def changed(self, entity: Entity, note: str) -> Outcome | None:
        """Return the outcome of a change to an entity; None if the spec would have faults."""
        spec = replaced(self.known.spec, entity)
        return None if problems(spec) else Outcome(spec=spec, note=note)
