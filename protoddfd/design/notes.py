"""Why a proposal is as it is, in sentences for people, and how sure it is."""

from collections.abc import Iterator

from protoddfd.design.draft import Draft, EntityDraft
from protoddfd.design.languages import TRANSLATED
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.stated import Stated
from protoddfd.spec import AppSpec

MOST_NOTES = 40
LONGEST_QUOTE = 80


def notes(draft: Draft, spec: AppSpec, found: Stated) -> tuple[str, ...]:
    """Return at most `MOST_NOTES` notes: what was not read, what is stated, then the rest."""
    made = [
        *_about_text(draft, found),
        *found.notes,
        *_charts(spec),
        *_entities(draft),
        *_links(draft),
        *_fields(draft),
    ]
    if len(made) <= MOST_NOTES:
        return tuple(made)
    left = len(made) - MOST_NOTES + 1
    return (*made[: MOST_NOTES - 1], f"{left} more decisions are not listed")


def _about_text(draft: Draft, found: Stated) -> Iterator[str]:
    for order in draft.orders:
        yield f"“{_quoted(order)}” was not read: it speaks to a machine, and a description is only text"
    if draft.language != "en":
        yield f"the description was read as {TRANSLATED[draft.language]}, word by word"
    if draft.spelled:
        yield "read as typing errors: " + ", ".join(
            f"{wrong} → {right}" for wrong, right in draft.spelled[:12]
        )
    left = [wish for wish in draft.wishes if not found.covers(wish)]
    for wish in left[:5]:
        yield f"“{_quoted(wish)}” is no data to keep: what of it is not on the dashboard is left to you"


def _charts(spec: AppSpec) -> Iterator[str]:
    for view in spec.views:
        for card in view.cards:
            yield f"{card.title} → a card of the {view.name}, because the words ask for it"


def _quoted(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _entities(draft: Draft) -> Iterator[str]:
    for entity in draft.entities.values():
        also = f" (also called {', '.join(sorted(entity.aliases))})" if entity.aliases else ""
        yield f"{entity.key}{also} → an entity, because {entity.why or 'it is spoken of'}"


def _links(draft: Draft) -> Iterator[str]:
    for link in draft.links:
        several = "several of" if link.many else "one"
        yield f"{link.source} → {several} {link.target}, because {_reason(link.why)}"


def _reason(why: str) -> str:
    return (
        why
        if why and " " in why
        else f"the words tie them together ({why})"
        if why
        else "the words tie them together"
    )


def _fields(draft: Draft) -> Iterator[str]:
    for entity in draft.entities.values():
        for field in entity.fields:
            if field.why and field.type:
                yield f"{entity.key}: {field.name} → {field.type.replace('_', ' ')}, because {field.why}"


def confidence(draft: Draft) -> float:
    """Return how sure the proposal is: surer where entities are known and described than where guessed."""
    entities = list(draft.entities.values())
    described = sum(1 for entity in entities if _described(entity)) / len(entities)
    known = sum(1 for entity in entities if entity_kind(tuple(entity.key.split()))) / len(entities)
    linked = {key for link in draft.links for key in (link.source, link.target)}
    together = (
        sum(1 for entity in entities if entity.key in linked) / len(entities) if len(entities) > 1 else 1.0
    )
    return round(0.15 + 0.5 * described + 0.15 * known * (described > 0) + 0.15 * together, 2)


def _described(entity: EntityDraft) -> bool:
    return entity.defined and len(entity.fields) > 1
