"""What is refused: texts that describe no data to keep, and languages that cannot be read."""

from protoddfd.design.draft import Draft
from protoddfd.design.languages import TRANSLATED
from protoddfd.design.lexicon import entity_kind
from protoddfd.errors import DesignRefused

EXAMPLE = "“members with name and email, books with title and author, and loans with a due date”"


def check_language(language: str) -> None:
    """Raise DesignRefused for a text in a language that cannot be read."""
    if language != "en" and language not in TRANSLATED:
        readable = ", ".join(TRANSLATED.values())
        raise DesignRefused(
            f"the description seems to be in {language}, which the rules designer cannot read",
            hint=f"describe it in English, or in short sentences of {readable}; or give a file with data",
        )


def check_sense(draft: Draft, text: str) -> None:
    """Raise DesignRefused for a text in which nothing was found that an app could keep."""
    if not text.strip():
        raise DesignRefused("the description is empty", hint=f"say what the app keeps, such as {EXAMPLE}")
    if not draft.entities or not _makes_sense(draft):
        raise DesignRefused(
            "the description names nothing that an app could keep records of",
            hint=f"say which things and what about each, such as {EXAMPLE}",
        )


def _makes_sense(draft: Draft) -> bool:
    """Tell whether at least one thing is known, or has fields whose names say what they are."""
    known = [
        entity
        for entity in draft.entities.values()
        if entity_kind(tuple(entity.key.split())) and (entity.key != "item" or entity.defined)
    ]
    described = [
        entity
        for entity in draft.entities.values()
        if entity.defined and any(field.type for field in entity.fields)
    ]
    return bool(known or described)
