"""Signs that speak for or against something having records: of its words, of the rules, of every mention."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from protoddfd.design.chunks import Chunk
from protoddfd.design.draft import Draft
from protoddfd.design.entities import is_context
from protoddfd.design.lexicon import entity_kind, is_plural, kinds_of, verb_forms, verbs_of
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.mentioning import CLOSED_TAGS, Mention, grammar
from protoddfd.design.naming import known_type
from protoddfd.design.taking import WITH
from protoddfd.design.tokens import Token

_SCORES = (0.0, 0.3, 0.6, 0.9, 1.0, 1.3, 1.7, 2.1, 2.6, 3.2, 4.0, 5.0, 7.0)
_MANY_ENTITIES = 6
_SECTIONS = ("event", "submit", "handle", "track", "have", "record")


def signs_of(key: str, mentions: Sequence[Mention], draft: Draft) -> set[str]:
    """Return the signs of what has this key, as short texts."""
    words = tuple(key.split())
    kind = entity_kind(words) or "-"
    made = {*_of_words(key, words, kind, mentions), *_of_rules(key, kind, draft)}
    type_ = known_type(words)[0] or "-"
    for each in mentions:
        made |= _of_word(each, kind) if each.where == "word" else _of_phrase(each, kind, type_)
    return made


def _of_words(key: str, words: tuple[str, ...], kind: str, mentions: Sequence[Mention]) -> set[str]:
    last = words[-1]
    type_ = known_type(words)[0] or "-"
    plural = any(each.plural for each in mentions)
    times = min(4, len(mentions))
    made = {
        "*", f"key {key}", f"last {last}", f"kind {kind}", f"kinds {' '.join(kinds_of(words))}",
        f"type {type_}",
        f"type {type_} {kind}", f"words {len(words)}", f"end {last[-3:]}", f"end {last[-2:]}",
        f"plural {plural} {kind}", f"plural {plural} {type_}", f"context {is_context(key)}",
        f"own {last in word_set('own record')}", f"times {times}", f"times {times} {kind}",
        f"statements {min(3, len({each.number for each in mentions}))} {kind}",
    }  # fmt: skip
    if len(words) > 1:
        made |= {
            f"first {words[0]}",
            f"kind of last {entity_kind(words[-1:])}",
            f"kind of first {entity_kind(words[:1])}",
        }
    return made


def _of_rules(key: str, kind: str, draft: Draft) -> set[str]:
    field = any(
        key == " ".join(field.lemmas or field.words)
        for each in draft.entities.values()
        for field in each.fields
    )
    many = len(draft.entities) > _MANY_ENTITIES
    made = {f"topic {draft.topic == key}", f"field {field} {kind}", f"many {many} {kind}"}
    entity = draft.entities.get(key)
    if entity is None:
        return made | {"unknown", f"unknown {kind}"}
    level = sum(1 for each in _SCORES if entity.score >= each)
    fields = min(4, len(entity.fields))
    to_it = min(2, sum(1 for each in draft.links if each.target == key))
    from_it = min(2, sum(1 for each in draft.links if each.source == key))
    return made | {f"score {each}" for each in range(level + 1)} | {
        f"why {entity.why}", f"why {entity.why} {kind}", f"defined {entity.defined}", f"fields {fields}",
        f"fields {fields} {entity.defined} {kind}", f"to {to_it} {kind}", f"from {from_it} {kind}",
        f"level {level} {bool(entity.plural)} {kind}", f"level {level} {many}",
    }  # fmt: skip


# -- a phrase among phrases --------------------------------------------------------------------------------


def _of_phrase(mention: Mention, kind: str, type_: str) -> set[str]:
    chunks, at, where = mention.chunks, mention.at, mention.where
    left, right = _beside(chunks, at - 1), _beside(chunks, at + 1)
    made = {
        f"in {where}", f"in {where} {kind}", f"L {left}", f"R {right}", f"L {left} {kind}",
        f"R {right} {kind}", f"LR {left} {right}",
        f"LL {_beside(chunks, at - 2)} {left}", f"RR {right} {_beside(chunks, at + 2)}",
        f"place {min(at, 3)}", f"alone {len(chunks) == 1} {where}",
    }  # fmt: skip
    for mark in mention.marks:
        made |= {f"mark {mark}", f"mark {mark} {kind}"}
    if where == "doing":
        return made | _of_verb(chunks, at)
    if where == "owner":
        return made | {f"owns {_kind(chunks[at])}"}
    return made | _of_noun(chunks, at, kind, type_)


def _of_verb(chunks: Sequence[Chunk], at: int) -> set[str]:
    doer = _kind(_last(chunks[:at], lambda each: each.kind == "noun"))
    done = _kind(_next(chunks[at + 1 :], lambda each: each.kind == "noun"))
    return {
        f"verb {chunks[at].word}", f"passive {chunks[at].passive}", f"doer {doer}", f"done {done}",
        f"doer {doer} done {done}",
    }  # fmt: skip


def _of_noun(chunks: Sequence[Chunk], at: int, kind: str, type_: str) -> set[str]:
    noun = chunks[at]
    several, determined = noun.plural, bool(noun.determiners)
    verb = _last(chunks[:at], lambda each: each.kind in {"verb", "wh"})
    said = verb.word if verb else "-"
    opened = _opener(_last(chunks[:at], _opens))
    made = {
        f"number {several} {determined} {kind}", f"number {several} {determined} {type_}",
        f"brackets {noun.inside is not None} {kind}", f"owned {bool(noun.owner)} {kind}",
        f"after {said}", f"after {said} {kind}", f"opened {opened}", f"opened {opened} {kind} {several}",
        f"opened {opened} {type_}", f"before {_opener(_next(chunks[at + 1 :], _opens))} {kind}",
        f"commas {min(4, sum(1 for each in chunks if each.kind == 'comma'))} {several} {kind}",
    }  # fmt: skip
    for word in noun.determiners:
        made |= {f"det {word}", f"det {word} {kind}"}
    if at + 1 < len(chunks) and chunks[at + 1].kind == "verb":
        made |= {f"subject {chunks[at + 1].word}", f"subject {_section(chunks[at + 1])} {kind}"}
    if at and chunks[at - 1].kind == "verb":
        made |= {f"object {chunks[at - 1].word}", f"object {_section(chunks[at - 1])} {kind}"}
    colon = next((place for place, each in enumerate(chunks) if each.kind == "colon"), None)
    if colon is not None:
        made.add(f"colon {'before' if at < colon else 'after'} {kind} {several}")
    return made


def _opens(each: Chunk) -> bool:
    return each.kind in {"verb", "colon"} or each.word in WITH


def _opener(each: Chunk | None) -> str:
    return "-" if each is None else each.word or each.kind


def _last(chunks: Sequence[Chunk], wanted: Callable[[Chunk], bool]) -> Chunk | None:
    return _next(chunks[::-1], wanted)


def _next(chunks: Sequence[Chunk], wanted: Callable[[Chunk], bool]) -> Chunk | None:
    return next((each for each in chunks if wanted(each)), None)


def _beside(chunks: Sequence[Chunk], at: int) -> str:
    if not 0 <= at < len(chunks):
        return "|"
    each = chunks[at]
    if each.kind == "noun":
        return f"noun{'s' if each.plural else ''} {_kind(each)}" if each.tokens else "pronoun"
    return f"verb {_section(each)}" if each.kind == "verb" else each.word or each.kind


def _kind(each: Chunk | None) -> str:
    if each is None or not each.tokens:
        return "none" if each is None else "pronoun"
    return entity_kind(each.lemmas) or known_type(each.words)[0] or "?"


def _section(verb: Chunk) -> str:
    found = next((each for each in _SECTIONS if verb.word in verbs_of(each)), "other")
    return f"{found}+" if verb.passive else found


# -- a word among words ------------------------------------------------------------------------------------


def _of_word(mention: Mention, kind: str) -> set[str]:
    tokens, tags, at = mention.tokens, mention.tags, mention.at
    several = is_plural(tokens[at].word)
    me = f"{tags[at]}{'s' if several else ''}"
    left, right = _near(tokens, tags, at - 1), _near(tokens, tags, at + 1)
    made = {
        "word", f"word {me} {kind}", f"word L {left}", f"word R {right}", f"word L {left} {me}",
        f"word R {right} {me}", f"word LR {left} {right} {me}",
        f"word LL {_near(tokens, tags, at - 2)} {left}",
        f"word RR {right} {_near(tokens, tags, at + 2)}", f"word L {left} {kind}", f"word R {right} {kind}",
        f"word place {min(at, 3)} {me}", f"word ends {len(tokens) - at < 3}",
        f"word form {verb_forms().get(tokens[at].word, ('', '-'))[1]} {tags[at]}",
    }  # fmt: skip
    before, behind = tags.rfind("V", 0, at), tags.find("V", at + 1)
    for side, place in (("after", before), ("before", behind)):
        said = _base(tokens[place].word) if place >= 0 else "-"
        made |= {f"word {side} {said}", f"word {side} {place >= 0} {kind} {several}"}
    if at and tokens[at - 1].word not in grammar():
        made.add(f"word left {tokens[at - 1].word}")
    if at + 1 < len(tokens):
        made.add(f"word right {tokens[at + 1].word}")
    return made | {f"word mark {mark} {kind}" for mark in mention.marks}


def _near(tokens: Sequence[Token], tags: str, at: int) -> str:
    if not 0 <= at < len(tokens):
        return "|"
    word, kind = tokens[at].word, tags[at]
    if kind in CLOSED_TAGS or kind == "S":
        return word
    if kind == "V":
        return f"V{verb_forms().get(word, ('', ''))[1]}"
    return f"{kind}s" if kind in "N?" and is_plural(word) else kind


@lru_cache(maxsize=2048)
def _base(word: str) -> str:
    return verb_forms().get(word, (word, ""))[0]
