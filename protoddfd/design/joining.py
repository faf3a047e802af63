"""Names of the same thing are made one: `job` and `print job`, `customer` and `client`."""

from functools import cache

from protoddfd.design.draft import Draft, EntityDraft
from protoddfd.design.lexicon import kinds_of
from protoddfd.design.lexicon_files import sections

DESCRIBED = 2.0
"""The score from which on an entity is as good as described."""


@cache
def synonyms() -> dict[str, frozenset[str]]:
    """Return what else each name may be called."""
    found: dict[str, frozenset[str]] = {}
    for line in sections("synonyms.txt").get("", ()):
        group = frozenset(name.strip() for name in line.split(","))
        for name in group:
            found[name] = found.get(name, frozenset()) | group
    return found


def rename(draft: Draft, old: str, new: str) -> None:
    """Make everything said of one entity be said of another."""
    if old == new or old not in draft.entities:
        return
    gone = draft.entities.pop(old)
    entity = draft.entities.get(new)
    if entity is None:
        gone.key = new
        gone.aliases.add(old)
        draft.entities[new] = gone
    else:
        entity.score += gone.score
        entity.defined = entity.defined or gone.defined
        entity.aliases |= gone.aliases | {old}
        entity.plural = entity.plural or gone.plural
        names = {field.name for field in entity.fields}
        entity.fields.extend(field for field in gone.fields if field.name not in names)
    for link in draft.links:
        link.source = new if link.source == old else link.source
        link.target = new if link.target == old else link.target
    draft.links = [link for link in draft.links if link.source != link.target]
    draft.loose = [(field, new if owner == old else owner) for field, owner in draft.loose]


def join_longer(draft: Draft) -> None:
    """Join `job` to `print job`: a name that is another's last word, if there is only one such other."""
    for key in list(draft.entities):
        if " " in key or key not in draft.entities:
            continue
        longer = [
            other
            for other in draft.entities
            if other.endswith(f" {key}") and "line" not in kinds_of(tuple(other.split()))
        ]
        if len(longer) == 1:
            short, long = draft.entities[key], draft.entities[longer[0]]
            if (
                short.defined
                and long.defined
                and short.fields
                and long.fields
                and not _same_fields(short, long)
            ):
                continue
            if short.defined and short.fields:
                rename(draft, longer[0], key)
            else:
                rename(draft, key, longer[0])
        elif not longer:
            _join_first_word(draft, key)


def _join_first_word(draft: Draft, key: str) -> None:
    """Join `calibration event` to `calibration`: the second word only says that it is a record."""
    for other in list(draft.entities):
        words = other.split()
        if len(words) == 2 and words[0] == key and words[1] in {"event", "record", "entry", "log", "detail"}:
            rename(draft, other, key)


def _same_fields(one: EntityDraft, two: EntityDraft) -> bool:
    return bool({field.name for field in one.fields} & {field.name for field in two.fields})


def join_synonyms(draft: Draft) -> None:
    """Join entities that are names of the same thing; the better described one keeps its name."""
    known = synonyms()
    for key in list(draft.entities):
        if key not in draft.entities:
            continue
        for other in sorted(known.get(key, frozenset()) - {key}):
            if other in draft.entities and not (_described(draft, key) and _described(draft, other)):
                better, worse = (key, other) if _rank(draft, key) >= _rank(draft, other) else (other, key)
                rename(draft, worse, better)
                if worse == key:
                    break


def _described(draft: Draft, key: str) -> bool:
    entity = draft.entities[key]
    return entity.score >= DESCRIBED or (entity.defined and entity.score >= DESCRIBED / 2)


def _rank(draft: Draft, key: str) -> tuple[bool, float]:
    entity = draft.entities[key]
    return (entity.defined and bool(entity.fields), entity.score)
