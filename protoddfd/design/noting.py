"""What is written down: `when they visit we note the date` gives a visit a date."""

from typing import TYPE_CHECKING

from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.entities import likely
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.pieces import Piece

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence


def apart(piece: Piece) -> tuple[Piece, ...]:
    """Return a piece as two where it says what is written down: `when they visit we note the date`."""
    chunks = chunk(piece.tokens)
    for at, each in enumerate(chunks[:-1]):
        if at and each.word in _WRITERS and chunks[at + 1].kind == "verb" and writes(chunks[at + 1]):
            return Piece(piece.tokens[: each.start], piece.before), Piece(piece.tokens[each.start :], "")
    return (piece,)


_WRITERS = frozenset(("we", "i", "they"))


def writes(verb: Chunk) -> bool:
    """Tell a verb of writing down."""
    return verb.word in word_set("writing")


def noting(at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int) -> bool:
    """Read `we write down the date and the reason` as fields of what was spoken of; tell whether it is."""
    noun = chunks[verb + 1] if verb + 1 < len(chunks) else None
    if not at.last or noun is None or noun.kind != "noun" or not noun.tokens or noun.inside is not None:
        return False
    if likely(noun, among_fields=True) or not known_type(noun.words)[0]:
        return False
    at.open_list(piece, chunks, verb, at.last, by_have=False)
    return True
