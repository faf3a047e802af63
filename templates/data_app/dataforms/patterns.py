"""Regular expressions of a spec, matched in a time that no pattern and no text can blow up.

Python's `re` backtracks: `(a+)+b` takes years on forty a's. A pattern in which nothing can be tried twice
goes to `re`; any other is run here as an automaton, in time of its size times the text's. What an automaton
cannot do (looking ahead, back-references) is refused.
"""

import importlib
import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

PATTERN_LENGTH = 500
"""Characters of a pattern, at most."""
PATTERN_VALUE_LENGTH = 1_000
"""Characters of a text that is matched, at most."""
STATE_LIMIT = 1_000

_parser: Any = importlib.import_module("re._parser")
_compiler: Any = importlib.import_module("re._compiler")
_ONE_CHARACTER = frozenset(("LITERAL", "NOT_LITERAL", "ANY", "IN", "CATEGORY"))
_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT"))
_REFUSED = {
    "ASSERT": "looks ahead or behind",
    "ASSERT_NOT": "looks ahead or behind",
    "GROUPREF": "refers back to a group",
    "GROUPREF_EXISTS": "refers back to a group",
    "ATOMIC_GROUP": "has an atomic group",
    "POSSESSIVE_REPEAT": "has a possessive repeat",
}


class PatternFault(NamedTuple):
    """What is wrong with a pattern: the end of a sentence about it, and what helps."""

    message: str
    hint: str


class BadPattern(ValueError):
    """A pattern that cannot be used; its argument is a PatternFault."""

    def __init__(self, fault: PatternFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def pattern_fault(pattern: str) -> PatternFault | None:
    """Return what is wrong with a pattern, or None."""
    try:
        _matcher(pattern)
    except BadPattern as error:
        return error.fault
    return None


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole of `text` matches, as `re.fullmatch` would say; raise BadPattern."""
    matcher = _matcher(pattern)
    return matcher.fullmatch(text) is not None if isinstance(matcher, re.Pattern) else matcher.matches(text)


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> "re.Pattern[str] | _Automaton":
    if len(pattern) > PATTERN_LENGTH:
        raise BadPattern(PatternFault(f"is longer than {PATTERN_LENGTH} characters", "Shorten it."))
    try:
        with warnings.catch_warnings(action="ignore"):  # what may mean something else in a Python to come
            compiled = re.compile(pattern)
            parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        fault = PatternFault(f"is not a regular expression: {error}", "Try it with Python's re.fullmatch.")
        raise BadPattern(fault) from error
    return compiled if _choices(parsed) <= 1 else _Automaton(parsed)


def _choices(items: Iterable[tuple[Any, Any]]) -> int:
    """Return how many places of a pattern can match in several ways; 1 alone cannot multiply."""
    total = 0
    for op, argument in items:
        name = str(op)
        if name in _REFUSED:
            hint = "Use only characters, classes, groups, | and repeats."
            raise BadPattern(PatternFault(f"{_REFUSED[name]}, which could take for ever", hint))
        if name in _REPEATS:
            least, most, body = argument
            inner = _choices(body)
            total += (inner if most == 1 else 2 * inner) + (least != most)
        elif name == "BRANCH":
            total += 1 + sum(_choices(branch) for branch in argument[1])
        elif name == "SUBPATTERN":
            total += _choices(argument[3])
    return total


class _Automaton:
    """A pattern as states: each tests a character or a position and leads on, or leads on at once."""

    def __init__(self, parsed: Any) -> None:
        self._tests: list[re.Pattern[str] | None] = [None]
        self._takes: list[bool] = [False]
        self._next: list[list[int]] = [[]]
        self._known: dict[tuple[int, str], bool] = {}
        self._start = self._series(parsed, 0, parsed.state.flags)

    def matches(self, text: str) -> bool:
        current = self._reached([self._start], text, 0)
        for at, character in enumerate(text, 1):
            after = [self._next[state][0] for state in current if self._takes_in(state, character)]
            if not after:
                return False
            current = self._reached(after, text, at)
        return 0 in current

    def _takes_in(self, state: int, character: str) -> bool:
        if not self._takes[state]:
            return False
        key = (state, character)
        if key not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            test = self._tests[state]
            self._known[key] = test is not None and test.fullmatch(character) is not None
        return self._known[key]

    def _reached(self, states: list[int], text: str, at: int) -> set[int]:
        """Return the states that are there without another character."""
        seen: set[int] = set()
        while states:
            state = states.pop()
            if state in seen:
                continue
            seen.add(state)
            test = self._tests[state]
            if not self._takes[state] and (test is None or test.match(text, at)):
                states.extend(self._next[state])
        return seen

    def _add(
        self, following: list[int], test: "re.Pattern[str] | None" = None, *, takes: bool = False
    ) -> int:
        if len(self._next) >= STATE_LIMIT:
            fault = PatternFault("is too large to be matched fast", "Lower the counts of its repeats.")
            raise BadPattern(fault)
        self._tests.append(test)
        self._takes.append(takes)
        self._next.append(following)
        return len(self._next) - 1

    def _series(self, items: Any, after: int, flags: int) -> int:
        """Return the first state of items one behind the other, the last of which leads to `after`."""
        for op, argument in reversed(list(items)):
            after = self._item(str(op), op, argument, after, flags)
        return after

    def _item(self, name: str, op: Any, argument: Any, after: int, flags: int) -> int:
        if name in _ONE_CHARACTER or name == "AT":
            return self._add([after], _alone(op, argument, flags), takes=name != "AT")
        if name in _REPEATS:
            least, most, body = argument
            return self._repeat(int(least), most, body, after, flags)
        if name == "BRANCH":
            return self._add([self._series(branch, after, flags) for branch in argument[1]])
        if name == "SUBPATTERN":
            _, added, removed, body = argument
            return self._series(body, after, (flags | added) & ~removed)
        raise BadPattern(
            PatternFault(f"has a part that is not supported, {name}", "Write it in another way.")
        )

    def _repeat(self, least: int, most: Any, body: Any, after: int, flags: int) -> int:
        if most == _parser.MAXREPEAT:
            loop = self._add([after])
            self._next[loop].append(self._series(body, loop, flags))
            after = loop
        else:
            end = after
            for _ in range(most - least):
                after = self._add([end, self._series(body, after, flags)])
        for _ in range(least):
            after = self._series(body, after, flags)
        return after


def _alone(op: Any, argument: Any, flags: int) -> "re.Pattern[str]":
    """Return the pattern of one item alone: `re` itself says what a class holds."""
    state = _parser.State()
    state.flags = flags
    state.str = ""
    compiled: re.Pattern[str] = _compiler.compile(_parser.SubPattern(state, [(op, argument)]), 0)
    return compiled
