"""The language of conditions and computed fields: from text to a tree. Knows no field and no type.

Like a spreadsheet's: `quantity * price`, `if(done, "yes", "no")`, `sum(items.total)`, `owner == me`. Nothing
in it can loop, call Python or reach beyond the record. Must import neither SQLAlchemy nor Reflex.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import msgspec

from dataforms.errors import ExpressionInvalid

TEXT_LENGTH = 1_000
DEPTH = 20
OPERATORS = 50
_TOKEN = re.compile(
    r"""(?P<number>\d+(\.\d+)?)
      | (?P<text>"([^"]|"")*"|'([^']|'')*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<mark>==|!=|<>|<=|>=|[-+*/%<>=(),\[\]])
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"\s*")
_WORDS = ("and", "or", "not", "in")
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "empty": None}
_COMPARISONS = {
    "==": "==", "=": "==", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip


class Literal(msgspec.Struct, frozen=True, kw_only=True):
    """A number, a text, true, false, or `empty` (None)."""

    value: int | Decimal | str | bool | None
    at: int
    """Where it begins in the text; the first character is 0. The same in every other node."""


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A field, or a field of a related record: `price`, `customer.city`, `items.total`."""

    path: tuple[str, ...]
    at: int


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A function or an operator with what it is applied to."""

    function: str
    arguments: tuple["Node", ...]
    at: int


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """A list in brackets, which stands after `in` only."""

    values: tuple[Literal, ...]
    at: int


Node = Literal | Name | Call | Items


class Token(NamedTuple):
    """A piece of the text."""

    kind: str
    """`number`, `text`, `name`, `mark` or `end`."""
    text: str
    at: int


def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        ExpressionInvalid: it is none; the message says where.
    """
    if len(text) > TEXT_LENGTH:
        raise ExpressionInvalid(f"It is longer than {TEXT_LENGTH:,} characters.", at=TEXT_LENGTH)
    return _Parser(list(_tokens(text))).whole()


def constants(text: str) -> list[int | Decimal | str | bool | None]:
    """Return the constants in an expression, in their order; none where it is faulty."""
    try:
        return list(_constants(parse(text)))
    except ExpressionInvalid:
        return []


def _constants(node: Node) -> Iterator[int | Decimal | str | bool | None]:
    match node:
        case Literal():
            yield node.value
        case Call():
            for each in node.arguments:
                yield from _constants(each)
        case Items():
            yield from (each.value for each in node.values)
        case Name():
            return


def _tokens(text: str) -> Iterator[Token]:
    at = _end_of_blanks(text, 0)
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionInvalid(_stray(text[at]), at=at)
        yield Token(str(found.lastgroup), found[0], at)
        at = _end_of_blanks(text, found.end())
    yield Token("end", "", len(text))


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _stray(character: str) -> str:
    if character in "\"'":
        return "A text has no end: the second quotation mark is missing."
    return f"{character!r} has no meaning here."


class _Parser:
    """Reads tokens by precedence: or, and, not, comparison, sum, product, sign."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._operators = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _operator(self) -> Token:
        self._operators += 1
        if self._operators > OPERATORS:
            raise ExpressionInvalid(f"It has too many operators: {OPERATORS} are possible.", at=self._next.at)
        return self._take()

    def _is(self, *texts: str) -> bool:
        return self._next.kind in ("mark", "name") and self._next.text in texts

    def _expect(self, text: str) -> None:
        if not self._is(text):
            raise ExpressionInvalid(f"{text!r} is missing{self._before_what()}.", at=self._next.at)
        self._take()

    def _before_what(self) -> str:
        return f" before {self._next.text!r}" if self._next.text else " at the end"

    def whole(self) -> Node:
        if self._next.kind == "end":
            raise ExpressionInvalid("It is empty.", at=0)
        found = self._either()
        if self._next.kind != "end":
            raise ExpressionInvalid(f"An operator is missing{self._before_what()}.", at=self._next.at)
        return found

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH:
            raise ExpressionInvalid("It is nested too deeply.", at=self._next.at)
        found = self._both()
        while self._is("or"):
            found = Call(at=self._operator().at, function="or", arguments=(found, self._both()))
        self._depth -= 1
        return found

    def _both(self) -> Node:
        found = self._negation()
        while self._is("and"):
            found = Call(at=self._operator().at, function="and", arguments=(found, self._negation()))
        return found

    def _negation(self) -> Node:
        nots = []
        while self._is("not"):
            nots.append(self._operator().at)
        found = self._comparison()
        for at in reversed(nots):
            found = Call(at=at, function="not", arguments=(found,))
        return found

    def _comparison(self) -> Node:
        left = self._sum()
        token = self._next
        if self._is(*_COMPARISONS):
            self._take()
            found: Node = Call(at=token.at, function=_COMPARISONS[token.text], arguments=(left, self._sum()))
        elif self._is("in"):
            self._take()
            found = self._member(left, token.at)
        elif self._is("not") and self._tokens[self._place + 1].text == "in":
            self._take()
            self._take()
            found = Call(at=token.at, function="not", arguments=(self._member(left, token.at),))
        else:
            return left
        if self._is(*_COMPARISONS, "in"):
            raise ExpressionInvalid("Write a < b and b < c, not a < b < c.", at=self._next.at)
        return found

    def _member(self, left: Node, at: int) -> Node:
        right = self._items() if self._is("[") else self._sum()
        return Call(at=at, function="in", arguments=(left, right))

    def _items(self) -> Items:
        at = self._take().at
        values: list[Literal] = []
        while not self._is("]"):
            value = self._sign()
            if not isinstance(value, Literal):
                raise ExpressionInvalid("A list has texts and numbers only.", at=value.at)
            values.append(value)
            if not self._is("]"):
                self._expect(",")
        self._take()
        return Items(values=tuple(values), at=at)

    def _sum(self) -> Node:
        found = self._product()
        while self._is("+", "-"):
            token = self._operator()
            found = Call(at=token.at, function=token.text, arguments=(found, self._product()))
        return found

    def _product(self) -> Node:
        found = self._sign()
        while self._is("*", "/", "%"):
            token = self._operator()
            found = Call(at=token.at, function=token.text, arguments=(found, self._sign()))
        return found

    def _sign(self) -> Node:
        minuses = []
        while self._is("-"):
            minuses.append(self._operator().at)
        found = self._atom()
        for at in reversed(minuses):
            found = _negative(found, at)
        return found

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number":
            value = Decimal(token.text) if "." in token.text else int(token.text)
            return Literal(value=value, at=token.at)
        if token.kind == "text":
            quote = token.text[0]
            return Literal(value=token.text[1:-1].replace(quote * 2, quote), at=token.at)
        if token.kind == "name" and token.text not in _WORDS:
            return self._named(token)
        if token.text == "(":
            found = self._either()
            self._expect(")")
            return found
        what = f"{token.text!r}" if token.text else "the end"
        raise ExpressionInvalid(f"A value is missing before {what}.", at=token.at)

    def _named(self, token: Token) -> Node:
        if not self._is("("):
            if token.text in _CONSTANTS:
                return Literal(value=_CONSTANTS[token.text], at=token.at)
            return Name(path=tuple(token.text.split(".")), at=token.at)
        self._take()
        arguments: list[Node] = []
        while not self._is(")"):
            arguments.append(self._either())
            if not self._is(")"):
                self._expect(",")
        self._take()
        return Call(function=token.text, arguments=tuple(arguments), at=token.at)


def _negative(node: Node, at: int) -> Node:
    if (
        isinstance(node, Literal)
        and isinstance(node.value, int | Decimal)
        and not isinstance(node.value, bool)
    ):
        return Literal(value=-node.value, at=at)
    return Call(at=at, function="negative", arguments=(node,))
