"""Reads statements into a draft: definitions, lists, and sentences with verbs."""

from collections.abc import Sequence

from protoddfd.design import chains, clauses, constraints, definitions, items
from protoddfd.design.blocks import Statement
from protoddfd.design.constraints import owned
from protoddfd.design.choices import annotate, as_choice, choices_in, looks_like_fields, looks_like_kinds, written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft, FieldDraft
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.pieces import Piece, colon, dash, goes_on, pieces
from protoddfd.design.tokens import Token, split
from protoddfd.design.wishes import is_refusal

MANY_SEGMENTS = 4
"""More parts than this between semicolons are the columns of a table."""

LONGEST_COLUMN = 8
"""Tokens of what can be a column of a table."""


class Sentence:
    """Reads one statement. `owner` is the entity whose fields are being listed."""

    def __init__(self, draft: Draft, *, first: bool, bullet: bool) -> None:
        self.draft = draft
        self.first = first
        self.bullet = bullet
        self.owner = ""
        self.last = ""
        """The key of the entity that was named last."""
        self.named = ""
        """The key of the last noun of the piece before."""
        self.mode = "top" if bullet or first else "none"
        self.and_seen = False
        self.by_have = False
        self.columns = False
        self.choosing: FieldDraft | None = None
        self.pending: list[str] = []

    def read(self, statement: Statement) -> None:
        """Read a definition, or a sentence piece by piece."""
        if statement.bullets:
            definitions.read_bullets(self, statement)
            return
        if self._arrows(statement.tokens) or chains.read(self.draft, statement.tokens):
            return
        if constraints.read(self.draft, statement.tokens, self.draft.topic):
            return
        segments = split(statement.tokens, ";")
        if len(segments) > 1 and sum(1 for each in segments if colon(each)) > 1:
            if all(definitions.is_typed(each) for each in segments):
                definitions.define(self, self.draft.topic, (), segments)
                return
            for number, segment in enumerate(segments):
                reader = Sentence(self.draft, first=self.first and number == 0, bullet=True)
                reader.read(Statement(tokens=segment))
            return
        self.columns = (
            len(segments) > MANY_SEGMENTS and max(len(each) for each in segments[1:]) <= LONGEST_COLUMN
        )
        at = colon(statement.tokens) or dash(statement.tokens)
        if at:
            definitions.read(self, statement.tokens[:at], statement.tokens[at + 1 :])
        else:
            self.walk(statement.tokens)

    def _arrows(self, tokens: Sequence[Token]) -> bool:
        """Read `Sample -> Box, Box -> Freezer` as links; tell whether every part is one."""
        links: list[tuple[str, str]] = []
        for part in split(tuple(tokens), ",", ";", "and"):
            at = next(
                (at for at, token in enumerate(part[:-1]) if token.word == "-" and part[at + 1].word == ">"),
                0,
            )
            left, right = part[:at], part[at + 2 :]
            if not 0 < len(left) <= 3 or not right:
                return False
            end = next((n for n, each in enumerate(right) if n and each.word in _KINDS_OF_LINK), 2)
            links.append((key_of(tuple(each.word for each in left)), key_of(tuple(each.word for each in right[:end]))))
        for source, target in links:
            self.draft.link(source, target, strength=2.5, why="an arrow says so")
        return bool(links)

    def another(self) -> "Sentence":
        """Return a reader for a bullet."""
        return Sentence(self.draft, first=False, bullet=True)

    def item(self, tokens: Sequence[Token], *, strict: bool = True) -> None:
        """Take one item of a list for a field, or a link, of the owner."""
        if items.is_remark(tokens) and self.owner and self.draft.entity(self.owner).fields:
            annotate(self.draft.entity(self.owner).fields[-1], tokens)
            return
        if not strict and items.is_action(tokens):
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

    def main(self) -> str:
        """Return the key of the entity last spoken of, or of what the app is about."""
        named = [key for key, entity in self.draft.entities.items() if entity.score >= 2]
        return self.owner or (named[-1] if named else "") or self.draft.topic or "item"

    def take_topic(self, left: Sequence[Token]) -> None:
        """Note what an app is about: the last noun that is more than a word for an app."""
        nouns = [each for each in chunk(left) if each.kind == "noun" and each.tokens]
        for each in nouns[:2]:
            words = list(each.words)
            while words and (_collects(words) or (is_context(words[-1]) and not entity_kind(tuple(words)))):
                words.pop()
            key = key_of(tuple(words)) if words else ""
            if key and not is_context(key):
                self.draft.topic = self.draft.topic or key
                return

    def _owned_fields(self, tokens: Sequence[Token]) -> bool:
        """Read `Flight no, date, aircraft` as fields of flights; tell whether it is that."""
        parts = items.parts_of(tokens)
        if len(parts) < 2 or not self.draft.entities:
            return False
        chunks = [chunk(part) for part in parts]
        first = chunks[0][0] if chunks[0] else Chunk(kind="other")
        said = [each for part in chunks for each in part]
        if any(each.kind in {"verb", "wh"} or each.word in _WITH for each in said) or first.kind != "noun":
            return False
        words = tuple(token.word for token in parts[0] if token.is_word)
        at = owned(self.draft, words)
        if not at or first.start or first.words[:at] != words[:at]:
            return False
        definitions.define(self, key_of(words[:at]), (), [parts[0][at:], *parts[1:]])
        return True

    def walk(self, tokens: Sequence[Token]) -> None:
        """Read a sentence piece by piece."""
        if self._owned_fields(tokens):
            return
        if self._only_fields(tokens):
            parts = items.parts_of(tokens)
            first = next(iter(chunk(parts[0])), Chunk(kind="other"))
            leads = first.kind == "noun" and first.plural and likely(first, among_fields=False)
            key = key_of(first.words) if leads else self.main()
            definitions.define(self, key, (), parts[1:] if leads else parts)
            return
        for piece in pieces(tokens):
            self.piece(piece, chunk(piece.tokens))

    def _only_fields(self, tokens: Sequence[Token]) -> bool:
        """Tell whether a sentence without a verb lists only fields, of what the app is about."""
        parts = items.parts_of(tokens)
        if len(parts) < 4 or not (self.draft.topic or len(self.draft.entities) == 1):
            return False
        fields = 0
        for part in parts:
            chunks = chunk(part)
            if any(
                each.kind == "verb" or each.word in {"with", "w", "w/", "per", "who", "each"}
                for each in chunks
            ):
                return False
            noun = chunks[0] if chunks and chunks[0].kind == "noun" and chunks[0].tokens else None
            fields += noun is None or not (noun.plural and likely(noun, among_fields=False))
        return fields > 0.64 * len(parts)

    def piece(self, piece: Piece, chunks: list[Chunk]) -> None:
        """Read one piece: a choice, a clause with a verb, or one more of what is listed."""
        text = written(piece.tokens)
        if is_refusal(text):
            return
        if self.choosing is not None and self._is_choice(piece, chunks):
            offered = choices_in(piece.tokens)
            self.choosing.choices = (*self.choosing.choices, *offered)
            return
        self.choosing = None
        if self._each_of_them(piece, chunks):
            return
        self.named = next(
            (key_of(each.words) for each in reversed(chunks) if each.kind == "noun" and each.tokens), ""
        )
        verb = next((at for at, each in enumerate(chunks) if each.kind == "verb"), -1)
        wh = next((at for at, each in enumerate(chunks) if each.kind == "wh"), -1)
        if self.mode == "fields" and 0 < wh < verb and self._is_explained(chunks):
            self._as_field(piece)
        elif (
            (verb >= 0 and (wh < 0 or wh > 0) and (verb > 0 or not self.owner))
            or (verb == 0 and (self.mode != "fields" or goes_on(chunks[0])))
            or (
                verb == 1
                and self.owner
                and chunks[0].kind == "other"
                and chunks[0].word in {"can", "may", "must", "should", "will"}
            )
        ):
            clauses.read(self, piece, chunks, verb)
        else:
            self.listed(piece, chunks)

    def _is_explained(self, chunks: Sequence[Chunk]) -> bool:
        """Tell whether a piece is a field with a clause that explains it: `a number that is on its tag`."""
        noun = chunks[0]
        following = chunks[1].word in {"that", "which"} and not noun.plural
        return noun.kind == "noun" and bool(noun.tokens) and following and not likely(noun, among_fields=True)

    def _each_of_them(self, piece: Piece, chunks: list[Chunk]) -> bool:
        """Read `each with a name` and `which have a name` as fields of what was named last."""
        if not chunks:
            return False
        if chunks[0].word in _WITH and self.by_have and self.last != self.owner and len(chunks) > 1:
            self.open_list(piece, chunks, 0, self.last, by_have=False)
            return True
        if chunks[0].word == "who" and entity_kind(tuple(self.named.split())) == "person":
            self.last = self.named
        if len(chunks) < 3 or not self.last:
            return False
        pointing = chunks[0].word in {"which", "who", "that"} or (
            chunks[0].kind == "noun"
            and not chunks[0].tokens
            and {"each", "every"} & set(chunks[0].determiners)
        )
        if not pointing or not (chunks[1].word in _WITH or chunks[1].word == "have"):
            return False
        self.open_list(piece, chunks, 1, self.last, by_have=False)
        return True

    def _is_choice(self, piece: Piece, chunks: list[Chunk]) -> bool:
        return (
            piece.before in {",", "or", ",or", "and"}
            and not any(each.kind == "verb" for each in chunks)
            and len(piece.tokens) <= 4
        )

    def listed(self, piece: Piece, chunks: list[Chunk]) -> None:
        """Read a piece without a verb of its own: one more of what is being listed."""
        noun = next((each for each in chunks if each.kind == "noun" and each.tokens), None)
        opener = next(
            (at for at, each in enumerate(chunks) if at and each.kind == "prep" and each.word in _WITH), 0
        )
        among = self.mode == "fields"
        entity = (
            noun is not None
            and (chunks[0] is noun or chunks[0].kind in {"prep", "other"})
            and likely(noun, among_fields=among)
        )
        if opener and noun is not None and chunks.index(noun) < opener and not (among and not noun.plural):
            entity = not is_context(key_of(noun.words)) or bool(
                {"a", "an", "each", "every"} & set(noun.determiners)
            )
        if among and entity and noun is not None and not noun.inside and not opener:
            entity = self._closes(piece, noun)
        if noun is None or not entity:
            self._as_field(piece)
            return
        self._entity_item(piece, chunks, noun, opener)

    def _closes(self, piece: Piece, noun: Chunk) -> bool:
        """Tell whether a bare plural ends a list of fields rather than being one of them."""
        return bool(entity_kind(noun.lemmas)) or self.and_seen

    def _as_field(self, piece: Piece) -> None:
        self.and_seen = self.and_seen or piece.before == "and"
        if self.mode in {"fields", "top"}:
            self.item(piece.tokens, strict=False)

    def _entity_item(self, piece: Piece, chunks: list[Chunk], noun: Chunk, opener: int) -> None:
        key = key_of(noun.words)
        among, parent = self.mode == "fields" and self.by_have, self.owner
        if self.mode == "none":
            self.pending.append(key)
        entity = self.draft.entity(key, 2.5 if noun.plural or opener or noun.inside else 0.6, "it is listed")
        if noun.plural:
            entity.plural = entity.plural or " ".join(noun.words)
        if among and parent:
            self.draft.link(key, parent, strength=1.5, why="listed as a part")
        self.describe(key, noun)
        self.owner, self.last, self.and_seen = key, key, False
        self.around(key, chunks)
        if opener:
            self.open_list(piece, chunks, opener, key, by_have=False)
        elif self.mode != "fields" or not self.by_have:
            self.mode = "top"

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
            other = key_of(noun.words[noun.words.index("of", 1) + 1 :])
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

    def open_list(self, piece: Piece, chunks: Sequence[Chunk], at: int, key: str, *, by_have: bool) -> None:
        """Begin the list of an entity's fields behind the chunk at `at`."""
        entity = self.draft.entity(key, 1.2, "its fields are listed")
        entity.defined = True
        self.owner, self.mode, self.by_have, self.and_seen = key, "fields", by_have, False
        self.last = key
        if at + 1 < len(chunks):
            rest = piece.tokens[chunks[at + 1].start :]
            self.piece(Piece(rest, ""), chunk(rest))


def _collects(words: Sequence[str]) -> bool:
    """Tell whether a phrase ends in a word for what things are kept in: `orchid collection`."""
    return len(words) > 1 and words[-1] in word_set("collecting")


_KINDS_OF_LINK = frozenset(("many", "one", "n", "1", "optional", "required", "each", "m2o", "fk", "-", "to"))
_WITH = frozenset(("with", "including", "w", "w/", "incl", "containing"))
_TIES = frozenset(("per", "for", "at", "by", "in", "on", "from", "to", "under", "of", "about", "within"))
