"""Takes what a list says into a draft: fields, links, what stands in brackets behind a noun."""

from collections.abc import Sequence

from protoddfd.design import items, sharing
from protoddfd.design.choices import annotate, as_choice, looks_like_fields, looks_like_kinds
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft, FieldDraft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.naming import known_type, unit_type
from protoddfd.design.tokens import Token, split

WITH = frozenset(("with", "including", "w", "w/", "incl", "containing"))
"""What opens a list of what something has."""

_TIES = frozenset(("per", "for", "at", "by", "in", "on", "from", "to", "under", "of", "about", "within"))


class Taking:
    """A draft, and the entity whose fields are being listed, by its key in `owner`."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.owner = ""

    def item(self, tokens: Sequence[Token], *, strict: bool = True) -> None:
        """Take one item of a list for a field, or a link, of the owner."""
        if items.is_remark(tokens) and self.owner and self.draft.entity(self.owner).fields:
            annotate(self.draft.entity(self.owner).fields[-1], tokens)
            return
        if not strict and items.is_action(tokens):
            return
        both = sharing.each_of(tokens)
        if len(both) > 1:
            for each in both:
                self.item(each, strict=strict)
            return
        own = key_of(tuple(token.word for token in tokens[1:])) if tokens and tokens[0].word == "own" else ""
        if own and self.owner and entity_kind(tuple(own.split())) in {"thing", "group"}:
            self.draft.entity(own, 1.2, "somebody has one of their own")
            self.draft.link(self.owner, own, strength=2.0, why="it has one of its own")
            return
        item = items.parse(tokens)
        if item.target:
            self.draft.link(
                self.owner, key_of(tuple(item.target.split())), strength=2.0, why="it is said to belong"
            )
        if item.field is not None:
            self.add(item.field, self.owner)

    def add(self, field: FieldDraft, owner: str) -> None:
        """Give a field to an entity; without one, to whatever it will fit best."""
        if not owner:
            self.draft.loose.append((field, self.draft.topic))
            return
        entity = self.draft.entity(owner)
        known = entity.field(field.name)
        if known is None:
            entity.fields.append(field)
        elif field.choices and not known.choices:
            known.choices, known.type = field.choices, field.type

    def describe(self, key: str, noun: Chunk) -> None:
        """Take the fields in brackets, the owner and an `of` of a noun phrase."""
        if noun.inside is not None:
            entity = self.draft.entity(key)
            if looks_like_fields(noun.inside) or len(split(noun.inside, ",")) > 2:
                entity.defined = True
                entity.score += 1.0
                self.fields_of(key, noun.inside)
        if noun.owner:
            self.draft.entity(key_of(noun.owner), 1.0, "something is said to be its")
            self.draft.link(key, key_of(noun.owner), strength=1.5, why="it is said to be its")
        if "of" in noun.words[1:]:
            measured = noun.words[noun.words.index("of", 1) + 1 :]
            if entity_kind(tuple(key.split())) == "event" and (
                known_type(measured)[0] or unit_type(measured[-1])
            ):
                self.fields_of(key, noun.tokens[-len(measured) :])
                return
            other = key_of(measured)
            self.draft.link(key, other, strength=0.8, why="of")

    def fields_of(self, key: str, inside: Sequence[Token]) -> None:
        """Take what stands in brackets for fields of an entity."""
        parts = items.parts_of(inside)
        if self.kinds_of(key, parts):
            return
        owner, self.owner = self.owner, key
        for part in parts:
            self.item(part)
        self.owner = owner

    def kinds_of(self, key: str, parts: Sequence[tuple[Token, ...]]) -> bool:
        """Take words that no list of fields has for the kinds of an entity; tell whether they are that."""
        if not looks_like_kinds(parts) or any(each.plural for part in parts[1:] for each in chunk(part)[:1]):
            return False
        offered = tuple(dict.fromkeys(as_choice(part) for part in parts))
        why = "none of the words is one for a field"
        self.add(FieldDraft(words=("type",), lemmas=("type",), type="enum", choices=offered, why=why), key)
        return True

    def around(self, key: str, chunks: Sequence[Chunk]) -> None:
        """Note what `per`, `for`, `at`, `by` and the like tie an entity to."""
        for at, each in enumerate(chunks[:-1]):
            following = chunks[at + 1]
            if each.kind == "prep" and each.word in _TIES and following.kind == "noun" and following.tokens:
                other = key_of(following.words)
                if not is_context(other):
                    self.draft.link(key, other, strength=1.2, why=f"{each.word} {other}")
                    if entity_kind(tuple(other.split())):
                        self.draft.entity(other, 0.8, "it is spoken of")
