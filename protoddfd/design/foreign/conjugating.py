"""The forms of verbs: `leihen`, `leiht`, `geliehen`. Regular ones by rule, the others as they are listed."""

from collections.abc import Iterator

SEVERAL = {"de": ("en", "n"), "es": ("n",), "fr": ("nt",), "pt": ("m",), "it": ("no",)}
"""Endings of listed forms that go with several who do something."""

Form = tuple[str, str]
"""A form and what it does: `inf`, `s` (he does), `base` (they do), `we`, `i`, `past`."""

_ROMANCE: dict[str, dict[str, tuple[Form, ...]]] = {
    "es": {
        "ar": (("a", "s"), ("an", "base"), ("amos", "we"), ("o", "i"), ("ó", "past"), ("aron", "past"),
               ("ando", "inf"), ("aba", "past"), ("aban", "past"), ("arse", "inf"), ("é", "past")),
        "er": (("e", "s"), ("en", "base"), ("emos", "we"), ("o", "i"), ("ió", "past"), ("ieron", "past"),
               ("iendo", "inf"), ("ía", "past"), ("erse", "inf")),
        "ir": (("e", "s"), ("en", "base"), ("imos", "we"), ("o", "i"), ("ió", "past"), ("ieron", "past"),
               ("iendo", "inf"), ("ía", "past"), ("irse", "inf")),
    },
    "pt": {
        "ar": (("a", "s"), ("am", "base"), ("amos", "we"), ("o", "i"), ("ou", "past"), ("aram", "past"),
               ("ando", "inf"), ("ei", "past"), ("ava", "past")),
        "er": (("e", "s"), ("em", "base"), ("emos", "we"), ("o", "i"), ("eu", "past"), ("eram", "past"),
               ("endo", "inf")),
        "ir": (("e", "s"), ("em", "base"), ("imos", "we"), ("o", "i"), ("iu", "past"), ("iram", "past"),
               ("indo", "inf")),
    },
    "it": {
        "are": (("a", "s"), ("ano", "base"), ("iamo", "we"), ("o", "i"), ("ando", "inf"), ("arsi", "inf"),
                ("hiamo", "we")),
        "ere": (("e", "s"), ("ono", "base"), ("iamo", "we"), ("o", "i"), ("endo", "inf")),
        "ire": (("e", "s"), ("ono", "base"), ("iamo", "we"), ("o", "i"), ("isce", "s"), ("iscono", "base"),
                ("isco", "i")),
    },
    "fr": {
        "er": (("e", "s"), ("ent", "base"), ("ons", "we"), ("eons", "we"), ("ez", "base"), ("ant", "inf")),
        "ir": (("it", "s"), ("issent", "base"), ("issons", "we"), ("is", "i")),
        "re": (("", "s"), ("ent", "base"), ("ons", "we"), ("s", "i")),
    },
}  # fmt: skip

_PAST = {
    "es": {"ar": "ad", "er": "id", "ir": "id"}, "pt": {"ar": "ad", "er": "id", "ir": "id"},
    "it": {"are": "at", "ere": "ut", "ire": "it"}, "fr": {"er": "é", "ir": "i", "re": "u"},
}  # fmt: skip
_PAST_ENDINGS = {
    "es": ("o", "a", "os", "as"), "pt": ("o", "a", "os", "as"), "it": ("o", "a", "i", "e"),
    "fr": ("", "e", "s", "es"),
}  # fmt: skip
_KEPT = ("be", "ge", "er", "ver", "zer", "ent", "emp", "miss", "über", "unter", "wider")
"""Beginnings of German verbs whose participles have no `ge`."""


def forms(written: str, code: str) -> Iterator[Form]:
    """Return the forms of a verb as it is listed: `aus|leihen: leiht > geliehen`."""
    infinitive, _, irregular = written.partition(":")
    present, _, past = irregular.partition(">")
    infinitive = infinitive.strip()
    listed = present.split()
    if code == "de":
        yield from _german(infinitive, listed, past.split())
        return
    yield infinitive, "inf"
    for form in listed:
        yield form, "base" if form.endswith(SEVERAL[code]) else "s"
    for form in past.split():
        for ending in _inflected(form, code):
            yield ending, "past"
    stem_of = next((end for end in _ROMANCE[code] if infinitive.endswith(end)), "")
    if not stem_of:
        return
    stem = infinitive.removesuffix(stem_of)
    for ending, use in _ROMANCE[code][stem_of]:
        yield _spelled(stem, ending, code) + ending, use
    yield from ((f"{stem}{_PAST[code][stem_of]}{ending}", "past") for ending in _PAST_ENDINGS[code])


def _inflected(form: str, code: str) -> tuple[str, ...]:
    """Return a listed participle with the endings of its genders."""
    if code == "fr":
        return (form, f"{form}e", f"{form}s", f"{form}es")
    if form.endswith("o"):
        return tuple(form[:-1] + ending for ending in _PAST_ENDINGS[code])
    return (form,)


def _spelled(stem: str, ending: str, code: str) -> str:
    """Return a stem as it is written before an ending: `pag` -> `pagu` before `e`."""
    if code in {"es", "pt"} and ending[:1] in "eé":
        if stem.endswith("c"):
            return f"{stem[:-1]}qu"
        if stem.endswith("g"):
            return f"{stem}u"
    return stem[:-1] if code == "it" and ending[:1] == "i" and stem.endswith("i") else stem


def _german(written: str, present: list[str], past: list[str]) -> Iterator[Form]:
    particle, parted, base = written.rpartition("|")
    stem = base.removesuffix("en") if base.endswith("en") else base.removesuffix("n")
    e = "e" if stem.endswith(("t", "d", "chn", "ffn", "gn")) else ""
    finite = [(base, "base"), (f"{stem}{e}t", "s"), (f"{stem}e", "i"), (f"{stem}{e}te", "past")]
    finite += [(form, "base" if form.endswith("en") else "s") for form in present]
    made = past or [f"{stem}{e}t" if base.startswith(_KEPT) or base.endswith("ieren") else f"ge{stem}{e}t"]
    yield particle + base, "inf"
    if parted:
        yield f"{particle}zu{base}", "inf"
    for form, use in finite:
        yield particle + form, use
        if parted:
            yield f"{form} {particle}", use
    for form in made:
        for ending in ("", "e", "er", "en", "es"):
            yield particle + form.removeprefix(particle) + ending, "past"
