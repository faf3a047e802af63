"""What a type or a default of SQL is in an app. Pure."""

import re

import msgspec

from dataforms.sheets.vocabulary import word_set
from dataforms.spec import FieldType, Scalar

_LONG = 255
_LONGEST = 4_000
_PLACES = 15
_WHOLE = word_set(
    "int integer bigint smallint tinyint mediumint serial bigserial smallserial int2 int4 int8 "
    "serial4 serial8 year long identity rowid counter"
)
_EXACT = word_set("decimal numeric number dec fixed bignumeric")
_REAL = word_set("real float double float4 float8 binary_float binary_double")
_BINARY = word_set(
    "blob tinyblob mediumblob longblob bytea binary varbinary image raw bfile rowversion bytes"
)
_TEXT = word_set(
    "char varchar nchar nvarchar character "
    "text ntext clob nclob tinytext mediumtext longtext string "
    "varchar2 nvarchar2 bpchar name citext uuid uniqueidentifier inet cidr macaddr xml "
    "tsvector set enum native sysname"
)
_LONG_TEXT = word_set("text ntext clob nclob mediumtext longtext")
_MOMENTS: dict[str, tuple[FieldType, ...]] = {
    "date": ("date",), "time": ("time",), "timetz": ("time",),
    "datetime": ("datetime",), "datetime2": ("datetime",), "smalldatetime": ("datetime",),
    "timestamp": ("datetime",), "timestamptz": ("datetime",), "timestampltz": ("datetime",),
    "timestampntz": ("datetime",), "datetimeoffset": ("datetime",),
    "interval": ("duration",),
}  # fmt: skip
_STRINGS: tuple[FieldType, ...] = ("text", "email", "url", "phone", "color")
_LOOSE: tuple[FieldType, ...] = (*_STRINGS, "date", "datetime", "time")
_SHAPE = re.compile(r"\s*([A-Za-z_][\w ]*?)?\s*(?:\(\s*([^)]*)\)\s*(.*))?", re.DOTALL)
_QUOTED = re.compile(r"(?:[NE])?'((?:[^']|'')*)'", re.DOTALL)
_CASTED = re.compile(r"(.*?)(?:::[\w .\"\[\]()]+)+", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?")
_NOW = word_set("current_timestamp now getdate sysdate localtimestamp sysdatetime getutcdate")
_TODAY = word_set("current_date curdate today")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an SQL type says: what a column can become (nothing: whatever its values are), and its limits."""

    types: tuple[FieldType, ...] = ()
    max: int | None = None
    places: int | None = None
    choices: tuple[str, ...] = ()
    binary: bool = False


def said_by(written: str, *, loose: bool = False) -> Said:
    """Return what an SQL type says; where it is `loose`, as in SQLite, text may be a date."""
    if written.rstrip().endswith("[]") or written.lstrip().casefold().startswith("array"):
        return Said(types=("json",))
    found = _SHAPE.fullmatch(written.strip().replace('"', "").replace("`", ""))
    if found is None or not found[1]:
        return Said() if loose else Said(types=_STRINGS)
    word = found[1].casefold().split()[0]
    inside = [part.strip() for part in (found[2] or "").split(",") if part.strip()]
    if word == "enum" and inside:
        choices = tuple(
            text for each in _QUOTED.finditer(found[2]) if (text := each[1].replace("''", "'").strip())
        )
        return Said(types=_STRINGS, choices=choices)
    return _number(word, inside) or _other(word, inside, loose=loose)


def _number(word: str, inside: list[str]) -> Said | None:
    if word in ("bool", "boolean", "bit") or (word == "tinyint" and inside == ["1"]):
        return Said(types=("boolean", "integer"))
    if word in _WHOLE:
        return Said(types=("integer",))
    if word in _EXACT:
        scale = int(inside[1]) if len(inside) > 1 and inside[1].isdigit() else None
        if scale == 0 or (scale is None and inside and word != "dec" and inside[0].isdigit()):
            return (
                Said(types=("integer",)) if int(inside[0] or 0) <= 18 else Said(types=("decimal", "integer"))
            )
        return Said(types=("decimal", "money"), places=scale if scale and scale <= _PLACES else None)
    if word in ("money", "smallmoney"):
        return Said(types=("money", "decimal"))
    return Said(types=("decimal",)) if word in _REAL else None


def _other(word: str, inside: list[str], *, loose: bool) -> Said:
    if word in _MOMENTS:
        return Said(types=_MOMENTS[word])
    if word in ("json", "jsonb", "variant", "hstore", "object"):
        return Said(types=("json",))
    if word in _BINARY:
        return Said(binary=True)
    if word in _TEXT or not loose:
        length = int(inside[0]) if inside and inside[0].isdigit() else None
        long = (
            word in _LONG_TEXT or inside[:1] in (["max"], ["MAX"]) or (length is not None and length > _LONG)
        )
        types = _LOOSE if loose and length is None else _STRINGS
        return Said(
            types=("long_text", *types) if long else types,
            max=length if length and length <= _LONGEST and word not in ("uuid", "enum") else None,
        )
    return Said()


def default_of(written: str | None, kind: FieldType | None) -> Scalar:
    """Return a default as an app has it; None where there is none, or it is computed in a way of SQL."""
    text = (written or "").strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    casted = _CASTED.fullmatch(text)
    text = casted[1].strip() if casted else text
    quoted = _QUOTED.fullmatch(text)
    plain = quoted[1].replace("''", "'") if quoted else text
    word = re.split(r"[\s(]", text.casefold())[0]
    if kind == "boolean":
        return {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}.get(
            plain.casefold()
        )
    if kind in ("integer", "decimal", "money"):
        return _scalar(plain) if _NUMBER.fullmatch(plain) else None
    if kind in ("date", "datetime", "time"):
        if word in _NOW | _TODAY:
            return "today" if kind == "date" else "now"
        return plain if quoted and kind != "time" and not plain.startswith("0000-00-00") else None
    return plain if quoted and plain and kind not in ("json", "duration", "image", "file") else None


def _scalar(text: str) -> int | float:
    return float(text) if "." in text else int(text)
