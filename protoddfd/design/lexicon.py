"""What single words and fixed phrases are: kinds of nouns, forms of verbs, closed classes, singulars."""

from functools import cache, lru_cache

from protoddfd.design.lexicon_files import pairs, phrases, sections, word_set

CLOSED = ("determiner", "preposition", "conjunction", "pronoun", "auxiliary", "adverb", "adjective")
KINDS = ("person", "thing", "event", "money", "line", "group", "attribute", "context")
ENTITY_KINDS = frozenset(("person", "thing", "event", "money", "line", "group"))


@cache
def closed(part: str) -> frozenset[str]:
    """Return the words of one closed class, such as `determiner`."""
    return frozenset(phrases("words.txt", part))


@cache
def nouns() -> dict[str, tuple[str, ...]]:
    """Return the kinds of every noun that is known, by its singular."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in KINDS:
        for phrase in phrases("nouns.txt", kind):
            found[phrase] = (*found.get(phrase, ()), kind)
    return found


@cache
def field_types() -> dict[str, str]:
    """Return the type that each known field name stands for; the first section that lists it decides."""
    found: dict[str, str] = {}
    for kind in sections("fields.txt"):
        for phrase in phrases("fields.txt", kind):
            found.setdefault(phrase, kind)
    return found


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """Return the singular of a noun in lower case."""
    irregular = pairs("words.txt", "irregular")
    if word in irregular:
        return irregular[word]
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def is_plural(word: str) -> bool:
    """Tell whether a noun in lower case is a plural."""
    return singular(word) != word or word in {"staff", "people"}


@cache
def verb_forms() -> dict[str, tuple[str, str]]:
    """Return the base and the form (`base`, `s`, `past`, `ing`) of every form of the known verbs."""
    found: dict[str, tuple[str, str]] = {}
    for lines in sections("verbs.txt").values():
        for line in lines:
            written, _, extra = line.partition(":")[0].partition("(")
            base = written.strip()
            found.setdefault(base, (base, "base"))
            for form in regular_forms(base):
                found.setdefault(form[0], (base, form[1]))
            for irregular in (part.strip(" )") for part in extra.split(",")):
                if irregular:
                    kind = "s" if irregular.endswith("es") or irregular == "has" else "past"
                    found[irregular] = (base, "ing" if irregular.endswith("ing") else kind)
    return found


def regular_forms(base: str) -> tuple[tuple[str, str], ...]:
    """Return the regular forms of a verb that may have a particle: `check out` -> `checks out`, ..."""
    verb, _, particle = base.partition(" ")
    tail = f" {particle}" if particle else ""
    if verb.endswith("e"):
        stem, past, ing = f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    elif verb.endswith("y") and verb[-2:-1] not in "aeiou":
        stem, past, ing = f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    elif verb.endswith(("s", "sh", "ch", "x", "z")):
        stem, past, ing = f"{verb}es", f"{verb}ed", f"{verb}ing"
    elif verb in word_set("doubling"):
        stem, past, ing = f"{verb}s", f"{verb}{verb[-1]}ed", f"{verb}{verb[-1]}ing"
    else:
        stem, past, ing = f"{verb}s", f"{verb}ed", f"{verb}ing"
    return ((stem + tail, "s"), (past + tail, "past"), (ing + tail, "ing"))


@cache
def verbs_of(section: str) -> dict[str, str]:
    """Return the base of every verb of one section of the list, and what stands behind its colon."""
    found: dict[str, str] = {}
    for line in sections("verbs.txt").get(section, ()):
        left, _, right = line.partition(":")
        found[left.partition("(")[0].strip()] = right.strip()
    return found


def kinds_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds of a noun phrase in the singular, by the longest known phrase that it ends in."""
    known = nouns()
    for start in range(len(words)):
        kinds = known.get(" ".join(words[start:]))
        if kinds is not None:
            return kinds
    return ()


def entity_kind(words: tuple[str, ...]) -> str:
    """Return the kind of entity that a noun phrase can name, or `` when it names none that is known."""
    return next((kind for kind in kinds_of(words) if kind in ENTITY_KINDS), "")


@cache
def vocabulary() -> frozenset[str]:
    """Return every single word of the lists, plurals included, for telling typing errors from words."""
    words = {word for phrase in (*nouns(), *field_types(), *verb_forms()) for word in phrase.split()}
    for part in CLOSED:
        words.update(closed(part))
    words.update(
        word
        for section in ("typeword", "unit")
        for key in pairs("words.txt", section)
        for word in key.split()
    )
    words.update(regular_plural(word) for phrase in nouns() for word in phrase.split())
    return frozenset(words)


def regular_plural(word: str) -> str:
    """Return the plural of a noun in lower case by its ending."""
    if word.endswith(("s", "sh", "ch", "x", "z")):
        return f"{word}es"
    if len(word) > 2 and word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
