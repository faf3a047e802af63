"""Links between entities: those that were said, those of events, and what holds an app together."""

from protoddfd.design import several
from protoddfd.design.complete import entity_named, topic_of
from protoddfd.design.draft import Draft, EntityDraft, LinkDraft
from protoddfd.design.joining import synonyms
from protoddfd.design.naming import with_article


def connect(draft: Draft) -> None:
    """Keep the links between entities that are there, one a pair, and add those of events that have none."""
    alive: dict[frozenset[str], LinkDraft] = {}
    for link in draft.links:
        source, target = _alive(draft, link.source), _alive(draft, link.target)
        if not source or not target or source == target:
            continue
        pair = frozenset((source, target))
        new = LinkDraft(source=source, target=target, many=link.many, strength=link.strength, why=link.why)
        known = alive.get(pair)
        if known is None:
            alive[pair] = new
        elif known.source != source and known.strength >= 2 and link.strength >= 2 and not known.many:
            alive[pair] = LinkDraft(
                source=known.source,
                target=known.target,
                many=True,
                strength=3.0,
                why="each has several of the other",
            )
        elif link.strength > known.strength:
            alive[pair] = new
    draft.links = list(alive.values())
    for entity in list(draft.entities.values()):
        _default_links(draft, entity)
    several.tie(draft)
    _join_islands(draft)


def _alive(draft: Draft, key: str) -> str:
    if key in draft.entities:
        return key
    return entity_named(draft, tuple(key.split())) if key else ""


def _default_links(draft: Draft, entity: EntityDraft) -> None:
    own = {link.target for link in draft.links if link.source == entity.key}
    touching = {link.source for link in draft.links if link.target == entity.key} | own
    for wanted in topic_of(entity.key)[1]:
        if own & set(wanted) or any(each.split()[-1] in wanted for each in own):
            continue
        target = next(
            (found for name in wanted if (found := _entity_called(draft, name)) and found != entity.key), ""
        )
        if target and target not in touching:
            why = f"{with_article(entity.key)} usually has {with_article(target)}"
            draft.link(entity.key, target, strength=1.0, why=why)
            own.add(target)
    if not own and entity.kind in {"event", "money", "line"}:
        _to_nearest(draft, entity)


def _entity_called(draft: Draft, name: str) -> str:
    for key, entity in draft.entities.items():
        if key == name or name in entity.aliases or key.endswith(f" {name}"):
            return key
    return next((key for key in draft.entities if name in synonyms().get(key, ())), "")


def _to_nearest(draft: Draft, entity: EntityDraft) -> None:
    """Tie an event that stands alone to the people and things of the app, if there are not many."""
    others = [each for each in draft.entities.values() if each.key != entity.key]
    tied = False
    for kinds in (("person",), ("thing", "group")):
        found = [each for each in others if each.kind in kinds]
        if len(found) == 1:
            draft.link(entity.key, found[0].key, strength=0.9, why="it is the only one it can be about")
            tied = True
    if not tied:
        keys = list(draft.entities)
        before = [draft.entities[key] for key in keys[: keys.index(entity.key)]]
        near = [each for each in before if each.kind in {"person", "thing", "group"}]
        if near:
            spoken = _nearness(draft)
            best = max(reversed(near), key=lambda each: spoken.get((entity.key, each.key), 0.0))
            draft.link(entity.key, best.key, strength=0.5, why="it was spoken of just before")


# -- what nothing was said of ----------------------------------------------------------------------------

_RANKS = {"line": 4, "event": 3, "money": 3, "thing": 2, "person": 1}
"""Kinds whose records belong to those of a lower rank."""

NEAR = 0.3
"""How near entities of one rank have to stand: within three nouns, or several times."""


def _join_islands(draft: Draft) -> None:
    """Tie every group of entities that nothing ties to the others to what it is spoken of with."""
    near = _nearness(draft)
    keys = list(draft.entities)
    islands = _islands(draft)
    while len(islands) > 1:
        last = islands.pop()
        ranked = [
            (near.get((one, two), 0.0), _rank(draft, one) != _rank(draft, two), -at, -keys.index(two))
            for at, one in enumerate(keys)
            for two in (each for island in islands for each in island)
            if one in last
        ]
        how_near, differ, one, two = max(ranked)
        if how_near < NEAR and not differ:
            continue
        source, target = _direction(draft, keys[-one], keys[-two])
        draft.link(source, target, strength=0.6, why="they are spoken of together")
        islands = _islands(draft)


def _direction(draft: Draft, one: str, two: str) -> tuple[str, str]:
    """Return which of two entities points at the other: an event at a thing, else the later one."""
    ranks = _rank(draft, one), _rank(draft, two)
    if ranks[0] != ranks[1]:
        return (one, two) if ranks[0] > ranks[1] else (two, one)
    keys = list(draft.entities)
    return (one, two) if keys.index(one) > keys.index(two) else (two, one)


def _rank(draft: Draft, key: str) -> int:
    return _RANKS.get(draft.entities[key].kind, 0)


def _nearness(draft: Draft) -> dict[tuple[str, str], float]:
    """Return how near entities stand to each other in the statements, the sum over all."""
    found: dict[tuple[str, str], float] = {}
    for spoken in draft.together:
        places = [(at, key) for at, said in enumerate(spoken) if (key := _alive(draft, said))]
        for number, (at, one) in enumerate(places):
            for there, two in places[number + 1 :]:
                if one != two:
                    weight = 1.0 / (there - at)
                    found[one, two] = found[two, one] = found.get((one, two), 0.0) + weight
    return found


def _islands(draft: Draft) -> list[list[str]]:
    """Return the groups of entities that links tie together, in order of their first ones."""
    home = {key: key for key in draft.entities}

    def root(key: str) -> str:
        while home[key] != key:
            key = home[key]
        return key

    for link in draft.links:
        if link.source in home and link.target in home:
            home[root(link.source)] = root(link.target)
    groups: dict[str, list[str]] = {}
    for key in draft.entities:
        groups.setdefault(root(key), []).append(key)
    return list(groups.values())
