"""What SQL Server's scripts say beside the tables, which the parser does not know: taken away. Pure."""

import re
from collections.abc import Iterator

_TEXT = r"N?'(?:[^']|'')*'"
_TYPES = (
    "bit|tinyint|smallint|int|bigint|decimal|numeric|money|smallmoney|float|real|date|time|datetime|datetime2|"
    "smalldatetime|datetimeoffset|char|varchar|text|nchar|nvarchar|ntext|binary|varbinary|image|"
    "uniqueidentifier|xml|sysname"
)
_ASIDE = re.compile(
    rf"(?P<text>{_TEXT})"
    r"|\b(?:TEXTIMAGE_|FILESTREAM_)?ON\s+(?:\[[^\]]+\]|\"default\"|PRIMARY\b)"
    r"|\bCOLLATE\s+\w+"
    r"|\bWITH\s+(?:NO)?CHECK\s+(?=ADD\b)"
    r"|\b(?:NON)?CLUSTERED\b"
    r"|\bWITH\s*\(\s*\w+\s*=[^()]*\)"
    r"|\bWITH\s+FILLFACTOR\s*=\s*\d+"
    r"|\bNOT\s+FOR\s+REPLICATION\b|\bROWGUIDCOL\b|\bSPARSE\b"
    rf"|\[(?P<type>{_TYPES})\]\s*(?=\()",
    re.IGNORECASE,
)
_VALUE = rf"(?:\((?:[^()']|{_TEXT}|\((?:[^()']|{_TEXT}|\([^()']*\))*\))*\)|{_TEXT}|[^\s,()]+)"
_DEFAULT = re.compile(
    rf"(?:CONSTRAINT\s+(?:\[[^\]]+\]|\w+)\s+)?DEFAULT\s+({_VALUE})\s+FOR\s+(?:\[([^\]]+)\]|(\w+))\s*(?:,\s*)?",
    re.IGNORECASE,
)
_ALTERS = re.compile(
    r"\s*ALTER\s+TABLE\s+(?:[\w$#]+\.|\[[^\]]+\]\.)*(?:\[([^\]]+)\]|(\w+))\s+", re.IGNORECASE
)
_NOTHING = re.compile(r"[\s;]*|ADD[\s;]*", re.IGNORECASE)


def plain(statement: str) -> str:
    """Return a statement without file groups, collations and options of indexes."""
    return _ASIDE.sub(lambda found: found["text"] or found["type"] or " ", statement)


def defaults(statement: str) -> tuple[str, list[tuple[str, str, str]]]:
    """Return an ALTER TABLE without the defaults that it gives to columns, and these: table, column, value.

    What is left is empty where it does nothing else.
    """
    alters = _ALTERS.match(statement)
    if alters is None:
        return statement, []
    table = alters[1] or alters[2]
    rest = statement[alters.end() :]
    found = [(table, each[2] or each[3], each[1]) for each in _DEFAULT.finditer(rest)]
    if not found:
        return statement, []
    rest = "".join(_between(rest)).rstrip().removesuffix(",")
    return ("" if _NOTHING.fullmatch(rest) else statement[: alters.end()] + rest), found


def _between(text: str) -> Iterator[str]:
    at = 0
    for each in _DEFAULT.finditer(text):
        yield text[at : each.start()]
        at = each.end()
    yield text[at:]
