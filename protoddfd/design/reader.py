"""Reads statements into a draft: definitions, lists, and sentences with verbs."""

from collections.abc import Sequence

from protoddfd.design import chains, clauses, constraints, definitions, doing, items, listing, noting
from protoddfd.design.blocks import Statement
from protoddfd.design.choices import choices_in, written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft, FieldDraft
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon import entity_kind, singular
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.pieces import Piece, colon, dash, goes_on, pieces
from protoddfd.design.taking import WITH, Taking
from protoddfd.design.tokens import Token, split
from protoddfd.design.wishes import is_refusal

MANY_SEGMENTS = 4
"""More parts than this between semicolons are the columns of a table."""

LONGEST_COLUMN = 8
"""Tokens of what can be a column of a table."""


class Sentence(Taking):
    """Reads one statement. `owner` is the entity whose fields are being listed."""

    def __init__(self, draft: Draft, *, first: bool, bullet: bool) -> None:
        super().__init__(draft)
        self.first = first
        self.bullet = bullet
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
        if chains.read_arrows(self.draft, statement.tokens) or chains.read(self.draft, statement.tokens):
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

    def another(self) -> "Sentence":
        """Return a reader for a bullet."""
        return Sentence(self.draft, first=False, bullet=True)

    def main(self) -> str:
        """Return the key of the entity last spoken of, or of what the app is about."""
        named = [key for key, entity in self.draft.entities.items() if entity.score >= 2]
        return self.owner or (named[-1] if named else "") or self.draft.topic or "item"

    def take_topic(self, left: Sequence[Token]) -> None:
        """Note what an app is about: the last noun that is more than a word for an app."""
        nouns = [each for each in chunk(left) if each.kind == "noun" and each.tokens]
        for each in nouns[:2]:
            words = list(each.words)
            while words and (
                _collects(words) or (is_context(singular(words[-1])) and not entity_kind(tuple(words)))
            ):
                words.pop()
            key = key_of(tuple(words)) if words else ""
            if key and not is_context(key):
                self.draft.topic = self.draft.topic or key
                return

    def walk(self, tokens: Sequence[Token]) -> None:
        """Read a sentence piece by piece."""
        if listing.owned_fields(self, tokens):
            return
        if listing.only_fields(self, tokens):
            parts = items.parts_of(tokens)
            first = next(iter(chunk(parts[0])), Chunk(kind="other"))
            leads = first.kind == "noun" and first.plural and likely(first, among_fields=False)
            key = key_of(first.words) if leads else self.main()
            definitions.define(self, key, (), parts[1:] if leads else parts)
            return
        for whole in pieces(tokens):
            for piece in noting.apart(whole):
                self.piece(piece, chunk(piece.tokens))

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
        if self._each_of_them(piece, chunks) or doing.which_of_which(self, piece, chunks):
            return
        self.named = next(
            (key_of(each.words) for each in reversed(chunks) if each.kind == "noun" and each.tokens), ""
        )
        verb = next((at for at, each in enumerate(chunks) if each.kind == "verb"), -1)
        wh = next((at for at, each in enumerate(chunks) if each.kind == "wh"), -1)
        if self.mode == "fields" and 0 < wh < verb and self._is_explained(chunks):
            listing.as_field(self, piece)
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
            listing.listed(self, piece, chunks)

    def _is_explained(self, chunks: Sequence[Chunk]) -> bool:
        """Tell whether a piece is a field with a clause that explains it: `a number that is on its tag`."""
        noun = chunks[0]
        following = chunks[1].word in {"that", "which"} and not noun.plural
        return noun.kind == "noun" and bool(noun.tokens) and following and not likely(noun, among_fields=True)

    def _each_of_them(self, piece: Piece, chunks: list[Chunk]) -> bool:
        """Read `each with a name` and `which have a name` as fields of what was named last."""
        if not chunks:
            return False
        if chunks[0].word in WITH and self.by_have and self.last != self.owner and len(chunks) > 1:
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
        if not pointing or not (chunks[1].word in WITH or chunks[1].word == "have"):
            return False
        self.open_list(piece, chunks, 1, self.last, by_have=False)
        return True

    def _is_choice(self, piece: Piece, chunks: list[Chunk]) -> bool:
        return (
            piece.before in {",", "or", ",or", "and"}
            and not any(each.kind == "verb" for each in chunks)
            and len(piece.tokens) <= 4
        )

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
