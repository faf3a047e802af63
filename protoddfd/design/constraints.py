"""Sentences that only say what a field must be: `Serial numbers must be unique`."""

from collections.abc import Sequence

from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft, FieldDraft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.items import settle
from protoddfd.design.lexicon import entity_kind, nouns, singular
from protoddfd.design.naming import known_type
from protoddfd.design.tokens import Token, split

_FLAGS = frozenset(("unique", "required", "mandatory", "obligatory", "compulsory"))
_NUMBERS = frozenset((("no",), ("nr",)))
_BETWEEN = frozenset(("must", "be", "is", "are", "should", "has", "have", "to", "always"))


def read(draft: Draft, tokens: Sequence[Token], owner: str) -> bool:
    """Read a sentence that only says what fields must be; tell whether it is one."""
    body = list(tokens)
    flags: set[str] = set()
    while body and (body[-1].word in _FLAGS or (flags and body[-1].word in {*_BETWEEN, "and", ","})):
        flags.add(body.pop().word)
    if not flags & _FLAGS or not body:
        return False
    parts = [chunk(part) for part in split(tuple(body), ",", "and", "&")]
    if any(len(part) != 1 or part[0].kind != "noun" or not part[0].tokens for part in parts):
        return False
    for part in parts:
        owner = _require(draft, part[0], owner, flags)
    return True


def _require(draft: Draft, noun: Chunk, owner: str, flags: set[str]) -> str:
    """Note what a field must be; return whose field it is."""
    words = (*noun.words[:-1], singular(noun.words[-1]))
    if noun.owner:
        owner = key_of(noun.owner)
    else:
        at = owned(draft, words)
        if at:
            owner, words = key_of(words[:at]), words[at:]
    if not owner or is_context(owner):
        return owner
    entity = draft.entity(owner, 1.2, "it is said what its fields must be")
    entity.defined = True
    field = entity.field(" ".join(words))
    if field is None:
        field = FieldDraft(words=words, lemmas=words)
        settle(field)
        entity.fields.append(field)
    field.unique = field.unique or "unique" in flags
    field.required = field.required or flags != {"unique"}
    return owner


def owned(draft: Draft, words: tuple[str, ...]) -> int:
    """Return how many words of `room number` name an entity that has the rest; 0 for none."""
    for at in range(len(words) - 1, 0, -1):
        known = key_of(words[:at]) in draft.entities or (
            " ".join(words[:at]) in nouns() and bool(entity_kind(words[:at]))
        )
        if known and (known_type(words[at:])[0] or words[at:] in _NUMBERS):
            return at
    return 0
