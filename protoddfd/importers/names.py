"""Names for entities and fields out of file names and headers. Pure text."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from slugify import slugify

from dataforms.names import RESERVED_FIELDS, RESERVED_TABLES
from dataforms.sheets.vocabulary import word_set

LONGEST_NAME = 50
_ACRONYMS = word_set("id url uri ip iban bic isbn ean sku vat api uuid html pdf gps usd eur gbp chf utc")
_RESERVED = frozenset(RESERVED_FIELDS)
_UNINFLECTED = word_set(
    """data news series species sheep fish deer aircraft means offspring weather information equipment
    software hardware feedback staff stuff money music traffic inventory history metadata status gas bus lens
    atlas canvas bias basis analysis address process business class access progress success campus bonus virus
    census corpus surplus christmas sms gps dns css aws mathematics physics economics politics statistics
    headquarters goods logistics iris titanic dowjones texas paris us yes plus thus"""
)
_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "mice": "mouse", "indices": "index", "matrices": "matrix", "vertices": "vertex",
    "appendices": "appendix", "criteria": "criterion", "phenomena": "phenomenon", "analyses": "analysis",
    "bases": "base", "crises": "crisis", "theses": "thesis", "diagnoses": "diagnosis",
    "hypotheses": "hypothesis",
    "axes": "axis", "statuses": "status", "buses": "bus", "gases": "gas", "lenses": "lens",
    "viruses": "virus",
    "bonuses": "bonus", "campuses": "campus", "aliases": "alias", "leaves": "leaf", "lives": "life",
    "knives": "knife", "wives": "wife", "halves": "half", "shelves": "shelf", "wolves": "wolf",
    "movies": "movie",
    "cookies": "cookie", "calories": "calorie", "series": "series", "species": "species", "heroes": "hero",
    "potatoes": "potato", "tomatoes": "tomato", "echoes": "echo", "shoes": "shoe", "caches": "cache",
    "quizzes": "quiz", "media": "medium", "alumni": "alumnus", "curricula": "curriculum", "ties": "tie",
    "pies": "pie", "lies": "lie", "dies": "die", "zombies": "zombie", "selfies": "selfie",
    "rookies": "rookie",
    "sites": "site", "responses": "response", "courses": "course", "houses": "house",
    "warehouses": "warehouse",
    "expenses": "expense", "licenses": "license", "licences": "licence", "purchases": "purchase",
    "cases": "case",
    "databases": "database", "phases": "phase", "releases": "release", "causes": "cause", "nurses": "nurse",
    "horses": "horse", "universes": "universe", "diseases": "disease", "exercises": "exercise",
    "prizes": "prize",
    "sizes": "size", "leases": "lease", "phrases": "phrase", "clauses": "clause", "premises": "premise",
    "employees": "employee", "spouses": "spouse", "vases": "vase", "roses": "rose", "noses": "nose",
    "purposes": "purpose", "franchises": "franchise", "enterprises": "enterprise", "increases": "increase",
}  # fmt: skip


def singular(word: str) -> str:
    """Return the singular of an English noun in lower case; a word that is no plural comes back as it is."""
    if word in _UNINFLECTED or len(word) < 4:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes", "ises", "uses")):
        return word[:-2]
    if word.endswith(("ss", "us", "is", "ics")) or not word.endswith("s"):
        return word
    return word[:-1]


def words(text: str) -> list[str]:
    """Return the words of a name, in the case written: at spaces, punctuation and the humps of camelCase."""
    text = re.sub(r"([a-z\d])([A-Z])", r"\1 \2", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text)
    return [word for word in re.split(r"[\W_]+", text) if word]


def plain(text: str) -> str:
    """Return a name reduced to lower-case ASCII words joined by `_`, for comparing and naming."""
    return slugify(" ".join(words(text)), separator="_")


def title(header: str) -> str:
    """Return a header as people write it: `dep_time` -> `Dep time`, `customerID` -> `Customer ID`."""
    header = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", header).split())
    parts = header.split(" ") if " " in header else words(header)
    parts = [part.upper() if part.lower() in _ACRONYMS else part for part in parts]
    parts = [part.lower() if part.isupper() and len(part) > 4 else part for part in parts]
    if " " not in header:
        parts = parts[:1] + [part if part.isupper() else part.lower() for part in parts[1:]]
    text = " ".join(parts) or header
    return (text[:1].upper() + text[1:])[:80].strip() or "Column"


def field_name(header: str, taken: Collection[str]) -> str:
    """Return a snake_case ASCII name for a header that is neither reserved nor in `taken`."""
    name = plain(header)[:LONGEST_NAME].strip("_")
    if not name:
        name = "column"
    if not name[0].isalpha():
        name = f"n_{name}"[:LONGEST_NAME]
    if name in _RESERVED:
        name = f"{name}_value"
    return free(name, taken, "_")


def entity_words(file_name: str) -> list[str]:
    """Return the words of a file's name that say what its rows are: no ending, copy number or date."""
    stem = PurePosixPath(file_name.replace("\\", "/")).name
    stem = re.sub(
        r"(\.(csv|tsv|tab|txt|psv|dat|data|gz|zip|xls[xmb]?|ods|jsonl?|ndjson|geojson|db|sqlite3?|sql|ya?ml))+$",
        "",
        stem,
        flags=re.IGNORECASE,
    )
    stem = re.sub(r"\s*(\(\d+\)|- ?copy)\s*$", "", stem, flags=re.IGNORECASE)
    parts = [word for word in plain(stem).split("_") if word]
    while len(parts) > 1 and parts[-1].isdigit():
        parts.pop()
    while len(parts) > 1 and parts[0].isdigit():
        parts.pop(0)
    return parts


def entity_name(file_name: str, taken: Collection[str]) -> str:
    """Return a Singular Title Case name that is not in `taken`: `order_items.csv` -> `Order Item`."""
    parts = entity_words(file_name) or ["table"]
    parts = [*parts[:-1], singular(parts[-1])]
    if not parts[0][0].isalpha() or "_".join(parts).startswith((*RESERVED_TABLES, "sqlite")):
        parts = ["table", *parts]
    name = " ".join(part[:1].upper() + part[1:] for part in parts)[:LONGEST_NAME].strip()
    return free(name, taken, " ")


def free(name: str, taken: Collection[str], joint: str) -> str:
    """Return a name, with a number behind it where it is in `taken`."""
    if name not in taken:
        return name
    number = 2
    stem = name[: LONGEST_NAME - 5].rstrip(joint)
    while f"{stem}{joint}{number}" in taken:
        number += 1
    return f"{stem}{joint}{number}"
