"""What a description states beyond entities and fields: computed fields, conditions, checks, rights."""

import re
from collections.abc import Callable, Sequence

import msgspec

from dataforms.spec import AppSpec, Entity
from protoddfd.design.stated import checking, computing, marking, requiring
from protoddfd.design.stated.clauses import Clause, clauses, plain
from protoddfd.design.stated.known import Known
from protoddfd.design.stated.outcome import Outcome, Place
from protoddfd.design.stated.rights import rights
from protoddfd.design.stated.roles import Said, with_roles

_READERS: tuple[tuple[Callable[[Place, str], Outcome | None], ...], ...] = (
    (computing.read,),
    (marking.read, requiring.read, checking.read),
)
"""In this order over all clauses: a condition may be over what is computed."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A spec with what was stated, a note for each, and which sentences said something of it."""

    spec: AppSpec
    notes: tuple[str, ...] = ()
    understood: frozenset[str] = frozenset()
    partly: frozenset[str] = frozenset()
    """Of the sentences that were understood, those of which something was not."""

    def covers(self, sentence: str, *, wholly: bool = False) -> bool:
        """Tell whether a sentence, however it is written, was understood here, or all of it."""
        parts = [each.strip() for each in re.split(r"[;.]", plain(sentence)) if each.strip()]
        known = self.understood - self.partly if wholly else self.understood
        return bool(parts) and all(part in known for part in parts)


def stated(spec: AppSpec, text: str, language: str = "en") -> Stated:
    """Return a spec with what a text states and its entities and fields allow; never one with faults."""
    found = clauses(text)
    notes: list[str] = []
    said: set[str] = set()
    done: set[int] = set()
    for readers in _READERS:
        spec = _read(spec, found, readers, notes, said, done, english=language == "en")
    made = with_roles(spec, _rights(spec, found, done), " ".join(each.words for each in found))
    spec = made.spec
    notes[:0] = made.notes
    said |= {_sentence(each) for each in made.understood}
    by_name = computing.by_name(Place(known=Known(spec), about=()), " ".join(each.words for each in found))
    for outcome in by_name:
        spec = outcome.spec or spec
        notes.append(outcome.note)
    left = {
        _sentence(each.said) for number, each in enumerate(found)
        if number not in done and each.words not in made.clauses
    }  # fmt: skip
    return Stated(
        spec=spec, notes=tuple(notes), understood=frozenset(said), partly=frozenset(left & said)
    )  # fmt: skip


def _sentence(said: str) -> str:
    return plain(said).rstrip(" .!?")


def _read(
    spec: AppSpec,
    found: Sequence[Clause],
    readers: Sequence[Callable[[Place, str], Outcome | None]],
    notes: list[str],
    said: set[str],
    done: set[int],
    *,
    english: bool,
) -> AppSpec:
    last: list[Entity] = []
    known = Known(spec)
    for number, clause in enumerate(found):
        named = known.entities_in(clause.words)
        about = _about(known, named, last)
        near = len({each.name for each in (*named, *last)})
        last = named or last
        if number in done:
            continue
        words = _without_head(known, clause.words)
        for reader in readers:
            outcome = reader(Place(known=known, about=about, near=near, english=english), words)
            if outcome is None:
                continue
            if outcome.spec is not None:
                spec, known = outcome.spec, Known(outcome.spec)
                notes.append(outcome.note)
                said.add(_sentence(clause.said))
                done.add(number)
            else:
                notes.append(f"“{clause.said}” was left out: {outcome.note}")
            break
    return spec


def _without_head(known: Known, words: str) -> str:
    """Return a clause without the entity before its colon."""
    head, colon, rest = words.partition(" : ")
    return rest if colon and known.entity(head) is not None else words


def _rights(spec: AppSpec, found: Sequence[Clause], done: set[int]) -> list[Said]:
    """Return what is said of who may do what, each with the entities that were spoken of last."""
    known = Known(spec)
    made: list[Said] = []
    last: list[str] = []
    for number, clause in enumerate(found):
        named = [each.name for each in known.entities_in(clause.words)]
        if number not in done:
            about = tuple(dict.fromkeys((*named, *reversed(last))))
            made += [
                Said(right=each, said=clause.said, words=clause.words, about=about)
                for each in rights(known, clause.words)
            ]
        last = named or last
    return made


def _about(known: Known, named: Sequence[Entity], last: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return what a clause may be about: what it names, what was named before, then the others."""
    row: list[Entity] = []
    for each in (*named, *reversed(last), *known.spec.entities):
        entity = known.of(each.name)
        if entity is not None and entity not in row:
            row.append(entity)
    return tuple(row)
