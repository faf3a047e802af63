"""The grammar of JDL, as far as data goes: text in, plain structs out. Pure."""

import re
from collections.abc import Iterator

import msgspec

_TOKEN = re.compile(
    r"""(?P<doc>/\*\*.*?\*/)|(?P<skip>//[^\n]*|/\*.*?\*/|\s+|,)|(?P<pattern>/(?:[^/\\\n]|\\.)+/)
      |(?P<number>-?\d+(?:\.\d+)?)|(?P<text>"[^"\n]*")|(?P<word>[A-Za-z_][\w.\-]*)|(?P<mark>[{}()\[\]=@*:])|(?P<odd>.)""",
    re.DOTALL | re.VERBOSE,
)
_KINDS = ("OneToOne", "OneToMany", "ManyToOne", "ManyToMany")
_ABOUT = re.compile(r"^\s*\*? ?|\*/\s*$|^/\*\*", re.MULTILINE)
_MOST = 1_000
Value = int | float | str | None


class JdlField(msgspec.Struct, kw_only=True):
    """A field and its validations: `{"required": None, "max": 5}`."""

    name: str
    type: str
    rules: dict[str, Value]
    about: str = ""


class JdlEntity(msgspec.Struct, kw_only=True):
    """An entity."""

    name: str
    fields: list[JdlField]
    about: str = ""


class End(msgspec.Struct, kw_only=True):
    """One end of a relationship: the entity, and the field of it that leads to the other, if it has one."""

    entity: str
    field: str = ""
    required: bool = False


class JdlRelation(msgspec.Struct, kw_only=True):
    """A relationship."""

    kind: str
    one: End
    other: End


class JdlRead(msgspec.Struct, kw_only=True):
    """What a JDL file says of data."""

    entities: list[JdlEntity]
    enums: dict[str, tuple[str, ...]]
    relations: list[JdlRelation]
    notes: list[str]


def parsed(text: str) -> JdlRead:
    """Return what a text in JDL says; parts that are no data are passed over."""
    return _Parser(text).run()


class _Parser:
    """Reads tokens one after the other; what it does not know, it skips."""

    def __init__(self, text: str) -> None:
        self._tokens = [
            (str(found.lastgroup), found[0]) for found in _TOKEN.finditer(text) if found.lastgroup != "skip"
        ]
        self._at = 0
        self._about = ""
        self._numbers: dict[str, Value] = {}
        self._read = JdlRead(entities=[], enums={}, relations=[], notes=[])

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._next()
        self._at += 1
        return token

    def _is(self, text: str) -> bool:
        if self._next()[1] == text:
            self._at += 1
            return True
        return False

    def run(self) -> JdlRead:
        while self._next()[0] != "end":
            kind, text = self._take()
            if kind == "doc":
                self._about = _ABOUT.sub("", text).strip()
            elif text in ("@", "entity", "enum", "relationship"):
                self._declaration(text)
            elif text in ("application", "deployment", "microservice") and self._next()[1] == "{":
                self._skip("{", "}")
                self._read.notes.append(f"The {text} block was left out: it is no data.")
            elif kind == "word" and self._next()[1] == "=":
                self._at += 1
                self._numbers[text] = _value(self._take(), {})
        return self._read

    def _declaration(self, word: str) -> None:
        if word == "@":
            self._annotation()
        elif word == "relationship" and self._next()[1] in _KINDS:
            self._relationship()
        elif word == "entity" and self._next()[0] == "word":
            self._entity()
        elif word == "enum" and self._next()[0] == "word":
            self._enum()

    def _annotation(self) -> None:
        self._take()
        if self._next()[1] == "(":
            self._skip("(", ")")

    def _skip(self, opening: str, closing: str) -> None:
        depth = 0
        while self._next()[0] != "end":
            text = self._take()[1]
            depth += (text == opening) - (text == closing)
            if depth == 0:
                return

    def _entity(self) -> None:
        entity = JdlEntity(name=self._take()[1], fields=[], about=self._about)
        self._about = ""
        if self._next()[1] == "(":
            self._skip("(", ")")
        if len(self._read.entities) < _MOST:
            self._read.entities.append(entity)
        about = ""
        if not self._is("{"):
            return
        while not self._is("}") and self._next()[0] != "end":
            kind, text = self._take()
            if kind == "doc":
                about = _ABOUT.sub("", text).strip()
            elif text == "@":
                self._annotation()
            elif kind == "word" and self._next()[0] == "word":
                field = JdlField(name=text, type=self._take()[1], rules={}, about=about)
                field.rules.update(self._rules(field))
                entity.fields.append(field)
                about = ""

    def _rules(self, field: JdlField) -> Iterator[tuple[str, Value]]:
        """Yield the validations behind a field: words, some with a value in brackets."""
        while self._next()[0] == "word":
            after = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ("end", "")
            if after[0] == "word" and self._next()[1] not in ("required", "unique", "minlength", "maxlength"):
                return
            word = self._take()[1]
            value: Value = None
            if self._is("("):
                value = _value(self._take(), self._numbers)
                self._is(")")
            elif word not in ("required", "unique"):
                self._at -= 1
                return
            yield word, value

    def _enum(self) -> None:
        name = self._take()[1]
        choices: list[str] = []
        if self._is("{"):
            while not self._is("}") and self._next()[0] != "end":
                kind, text = self._take()
                if text == "(":
                    self._at -= 1
                    self._skip("(", ")")
                elif kind == "word":
                    choices.append(text)
        self._about = ""
        self._read.enums[name] = tuple(dict.fromkeys(choices))

    def _relationship(self) -> None:
        kind = self._take()[1]
        if not self._is("{"):
            return
        while not self._is("}") and self._next()[0] != "end":
            one = self._end()
            if one is None:
                continue
            if not self._is("to"):
                continue
            other = self._end()
            if other is not None:
                self._read.relations.append(JdlRelation(kind=kind, one=one, other=other))

    def _end(self) -> End | None:
        """Return one end of a relationship: `Order{customer(name) required}`."""
        kind, text = self._take()
        if text == "@":
            self._annotation()
            return None
        if kind != "word" or text in ("with", "to"):
            if text == "with":
                self._take()
            return None
        end = End(entity=text)
        if self._is("{"):
            if self._next()[0] == "word":
                end.field = self._take()[1]
            if self._next()[1] == "(":
                self._skip("(", ")")
            end.required = self._is("required")
            while not self._is("}") and self._next()[0] != "end":
                end.required = self._take()[1] == "required" or end.required
        return end


def _value(token: tuple[str, str], known: dict[str, Value]) -> Value:
    kind, text = token
    if kind == "number":
        return float(text) if "." in text else int(text)
    if kind == "pattern":
        return text[1:-1].replace(r"\/", "/")
    if kind == "text":
        return text[1:-1]
    return known.get(text)
