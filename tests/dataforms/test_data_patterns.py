"""Patterns mean what Python's `re` says, and no pattern takes long."""

import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataforms.patterns import _Automaton, _parser, matches, pattern_fault

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "é",
        "[ab]",
        "[^a]",
        ".",
        r"\d",
        r"\w",
        r"\S",
        r"[a-c\d]",
        "^",
        "$",
        r"\b",
        r"\Z",
        "K",
        r"\n",
        "ſ",
    ]
)


def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{,2}", "*?", "+?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        st.tuples(inner, st.sampled_from(["i", "s", "-i", "m", "x"])).map(
            lambda pair: f"(?{pair[1]}:{pair[0]})"
        ),
    )


PATTERNS = st.recursive(ATOMS, deeper, max_leaves=6)
TEXTS = st.text(st.sampled_from("abABéÉ1 \nkK\u212asSſ"), max_size=5)


@given(pattern=PATTERNS, prefix=st.sampled_from(["", "(?i)", "(?s)", "(?m)"]), text=TEXTS)
def test_an_automaton_says_what_re_says(pattern: str, prefix: str, text: str) -> None:
    try:
        wanted = re.compile(prefix + pattern).fullmatch(text) is not None
    except re.error:
        assume(False)
    assert _Automaton(_parser.parse(prefix + pattern)).matches(text) == wanted
    assert matches(prefix + pattern, text) == wanted


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+$b",
        "(.*)*b",
        "(.*a){12}b",
        r"(\w+\s?)*!",
        "a*a*a*a*a*a*b",
        "(a?){50}a{50}b",
        ".*.*=.*b",
    ],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    start = time.perf_counter()
    assert pattern_fault(pattern) is None
    assert not matches(pattern, "a" * 1_000 + "c")
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        (r"[a-z]+(-[a-z]+)*", "one-two-three", True),
        (r"[a-z]+(-[a-z]+)*", "one--two", False),
        (r"[A-Z]{3}-\d{4}", "ABC-1234", True),
        (r"(\+\d{1,3} )?\d+( \d+)*", "+49 30 123", True),
        (r"(?i)yes|no", "NO", True),
        (r"^a*b*$", "aab", True),
    ],
)
def test_usual_patterns_work(pattern: str, text: str, is_match: bool) -> None:
    assert matches(pattern, text) == is_match


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "not a regular expression"),
        ("a{99999999999999}", "not a regular expression"),
        ("(?=a)a", "looks ahead"),
        (r"(a)\1", "refers back"),
        ("(?>a*)b", "atomic"),
        ("a*+b", "possessive"),
        ("((a{1,50}){1,50})*", "too large"),
        ("a" * 501, "longer than 500"),
        ("(" * 200, "not a regular expression"),
    ],
)
def test_what_cannot_be_matched_fast_is_refused(pattern: str, reason: str) -> None:
    fault = pattern_fault(pattern)
    assert fault is not None
    assert reason in fault.message
