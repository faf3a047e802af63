"""Fields that name somebody who is a record of their own: the customer of a job, the tenant of a lease."""

from protoddfd.design.draft import Draft, FieldDraft
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type, with_article

NAMED = 2
"""Words of a field such as `patient name`."""


def promote(draft: Draft, enough: float) -> None:
    """Make an entity of every field that is nothing but somebody who has records elsewhere, too."""
    for entity in list(draft.entities.values()):
        if entity.score >= enough:
            for field in entity.fields:
                key = " ".join(field.lemmas)
                if len(field.words) == NAMED and field.words[1] == "name":
                    key = field.words[0]
                if key and key != entity.key and _is_somebody(field, key, in_table=bool(draft.columns)):
                    draft.entity(key, enough, f"{with_article(entity.key)} has one")
                    field.words, field.lemmas = (key,), (key,)


def _is_somebody(field: FieldDraft, key: str, *, in_table: bool) -> bool:
    if key == "owner" and in_table:
        return False
    if field.typed or field.choices or key not in word_set("own record"):
        return False
    return known_type(field.words)[0] in {"", "text"}
