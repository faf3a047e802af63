"""The rules designer: from a description in words to a spec, with neither a model nor a network."""

from protoddfd.design import languages
from protoddfd.design.assemble import assemble
from protoddfd.design.blocks import statements
from protoddfd.design.complete import complete
from protoddfd.design.draft import Draft
from protoddfd.design.prelude import without_frame
from protoddfd.design.reader import read
from protoddfd.design.resolve import resolve
from protoddfd.design.spelling import corrected
from protoddfd.spec import AppSpec


def draft_of(text: str) -> Draft:
    """Return what is understood of a description."""
    draft = Draft()
    understood = languages.read(text)
    text = understood.text
    if understood.language == "en":
        text, _ = corrected(text)
    text = without_frame(text)
    read(draft, statements(text))
    resolve(draft)
    complete(draft)
    return draft


def design(text: str, name: str = "app", title: str = "App") -> AppSpec:
    """Return the spec for a description."""
    return assemble(draft_of(text), name, title)
