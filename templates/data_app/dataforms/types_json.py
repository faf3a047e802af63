"""The JSON forms of the types. Imports neither SQLAlchemy nor Reflex.

A number is one of JSON as long as its 15 first digits are all it has, since that is what a 64-bit float
carries; an amount of money that is longer is a text. Times follow ISO 8601.
"""

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import msgspec

from dataforms.jsonform import JsonForm, JsonSchema
from dataforms.spec import Field
from dataforms.typerow import UNIQUE_BYTES, Attachment, Location
from dataforms.types_number import INTEGER_LIMIT, MONEY_LIMIT, places, plain, rating_max
from dataforms.types_text import LINE_LENGTH, TEXT_LENGTH

DIGITS = 15
_CHARACTER_BYTES = 4
"""Bytes of a character in UTF-8, at most: a schema can count characters alone."""
REAL_LIMIT = 1e300
_ROUNDINGS = 4
"""Units in the last place by which a sum or a product of tenths may be off."""
_LINE = "^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f\\u0085\\u2028\\u2029]*$"
_LINES = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$"
_PHONE = "^[+]?[0-9 ().\\-/]{2,36}( ?(x|ext[.]?) ?[0-9]{1,6})?$"
_HOUR = "[0-9]{1,6}H"
_MINUTE = "[0-9]{1,6}M"
_SECOND = "[0-9]{1,6}([.][0-9]{1,3})?S"
_CLOCK = f"T({_HOUR}({_MINUTE})?({_SECOND})?|{_MINUTE}({_SECOND})?|{_SECOND})"
_DURATION = f"^-?P([0-9]{{1,5}}W|[0-9]{{1,5}}D({_CLOCK})?|{_CLOCK})$"


def _text(pattern: str, most: int, field: Field) -> JsonSchema:
    least = field.min if isinstance(field.min, int) else 0
    most = min(most, UNIQUE_BYTES // _CHARACTER_BYTES) if field.unique else most
    schema: JsonSchema = {"type": "string", "pattern": pattern, "maxLength": most}
    if isinstance(field.max, int):
        schema["maxLength"] = min(most, field.max)
    if field.required or least:
        schema["minLength"] = max(1, least)
    more = [field.pattern and f"^({field.pattern})$", field.required and "\\S"]
    return _all(schema, *(each for each in more if each))


def _all(schema: JsonSchema, *patterns: str) -> JsonSchema:
    more = [*schema.get("allOf", ()), *({"pattern": each} for each in patterns)]
    return {**schema, "allOf": more} if more else schema


def _line_schema(field: Field) -> JsonSchema:
    return _text(_LINE, LINE_LENGTH, field)


def _lines_schema(field: Field) -> JsonSchema:
    return _text(_LINES, TEXT_LENGTH, field)


def _email_schema(field: Field) -> JsonSchema:
    return _all({**_line_schema(field), "format": "email", "maxLength": 254}, "^[^@]+@[^@]+$")


def _url_schema(field: Field) -> JsonSchema:
    return {**_line_schema(field), "format": "uri", "pattern": "^(https?|ftp)://[^\\s]+$"}


def _phone_schema(field: Field) -> JsonSchema:
    return _all({**_line_schema(field), "pattern": _PHONE}, "[0-9][^0-9]*[0-9][^0-9]*[0-9]")


def _color_schema(field: Field) -> JsonSchema:
    return {"type": "string", "pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"}


def _bounded(field: Field, low: float, high: float) -> JsonSchema:
    least = low if isinstance(field.min, str | None) else max(field.min, low)
    most = high if isinstance(field.max, str | None) else min(field.max, high)
    return {"minimum": least, "maximum": most}


def _integer_schema(field: Field) -> JsonSchema:
    return {"type": "integer", "format": "int64", **_bounded(field, -INTEGER_LIMIT, INTEGER_LIMIT)}


def _rating_schema(field: Field) -> JsonSchema:
    return {"type": "integer", **_bounded(field, 1, rating_max(field))}


def _real_schema(field: Field) -> JsonSchema:
    digits = places(field)
    if digits is None:
        return {"type": "number", "format": "double", **_bounded(field, -REAL_LIMIT, REAL_LIMIT)}
    most = min(10 ** (DIGITS - digits) - 1, int(MONEY_LIMIT))
    return {"type": "number", **_bounded(field, -most, most), "multipleOf": _step(digits)}


def _money_schema(field: Field) -> JsonSchema:
    digits = places(field) or 0
    point = f"([.][0-9]{{1,{digits}}})?" if digits else ""
    long = {"type": "string", "pattern": f"^-?[0-9]{{1,14}}{point}$"}
    number = _real_schema(field)
    is_bounded = field.min is not None or field.max is not None
    return {"anyOf": [number]} if is_bounded else {"anyOf": [number, long]}


def _step(digits: int) -> int | float:
    return 1 if digits == 0 else float(f"1e-{digits}")


def _read_real(raw: object, field: Field) -> object:
    """Return the number meant by a 64-bit float: a sum of tenths is often a last digit off."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or abs(raw) > REAL_LIMIT:
        return raw
    exact = float(raw)
    short = Decimal(f"{exact:.{DIGITS}g}")
    is_near = abs(float(short) - exact) <= _ROUNDINGS * math.ulp(exact)
    return short if places(field) is not None and is_near else Decimal(repr(exact))


def _write_real(value: Decimal, field: Field) -> object:
    exact = float(value)
    return int(exact) if exact.is_integer() and abs(exact) < 10**DIGITS else exact


def _write_money(value: Decimal, field: Field) -> object:
    is_long = abs(value) >= 10 ** (DIGITS - (places(field) or 0))
    return plain(value) if is_long else _write_real(value, field)


def _read_id(raw: object, field: Field) -> object:
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def _boolean_schema(field: Field) -> JsonSchema:
    return {"type": "boolean"}


def _date_schema(field: Field) -> JsonSchema:
    return {"type": "string", "format": "date"}


def _time_schema(field: Field) -> JsonSchema:
    return {"type": "string", "format": "time-local"}


def _datetime_schema(field: Field) -> JsonSchema:
    return {"type": "string", "format": "date-time-local"}


def _duration_schema(field: Field) -> JsonSchema:
    return {"type": "string", "format": "duration", "pattern": _DURATION}


def _write_iso(value: date | time, field: Field) -> str:
    return value.isoformat()


def _write_datetime(value: datetime, field: Field) -> str:
    return value.isoformat("T")


def _write_duration(value: timedelta, field: Field) -> str:
    """Return hours, minutes and seconds: `PT36H5M`, `-PT0.5S`."""
    milliseconds = round(abs(value) / timedelta(milliseconds=1))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    parts = [f"{hours}H"] * bool(hours) + [f"{minutes}M"] * bool(minutes)
    parts += [f"{seconds}S"] * bool(rest or not parts)
    return ("-" if value < timedelta(0) else "") + "PT" + "".join(parts)


def _enum_schema(field: Field) -> JsonSchema:
    return {"type": "string", "enum": list(field.choices)}


def _multi_enum_schema(field: Field) -> JsonSchema:
    least = field.min if isinstance(field.min, int) else 0
    schema: JsonSchema = {"type": "array", "items": _enum_schema(field), "uniqueItems": True}
    if field.required or least:
        schema["minItems"] = max(1, least)
    return {**schema, "maxItems": field.max} if isinstance(field.max, int) else schema


def _write_choices(value: tuple[str, ...], field: Field) -> object:
    return list(value)


def _any_schema(field: Field) -> JsonSchema:
    return {}


def _read_any(raw: object, field: Field) -> object:
    """Return JSON as text: a JSON text is itself a value, and not one to decode."""
    return msgspec.json.encode(raw).decode() if isinstance(raw, str) else raw


def _location_schema(field: Field) -> JsonSchema:
    degrees = {"latitude": 90, "longitude": 180}
    return {
        "type": "object",
        "properties": {
            name: {"type": "number", "minimum": -most, "maximum": most} for name, most in degrees.items()
        },
        "required": list(degrees),
        "additionalProperties": False,
    }


def _write_location(value: Location, field: Field) -> object:
    return value._asdict()


def _file_schema(field: Field) -> JsonSchema:
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "type": {"type": "string", "description": "Its media type."},
            "size": {"type": "integer", "minimum": 1, "description": "Bytes."},
            "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
        "required": ["name", "type", "size", "digest"],
        "additionalProperties": False,
        "description": "A file that was uploaded.",
    }


def _write_file(value: Attachment, field: Field) -> object:
    return msgspec.to_builtins(value)


def _reference_schema(field: Field) -> JsonSchema:
    about = f"The id of a record of {field.target}."
    return {
        "type": "integer", "format": "int64", "minimum": 1, "maximum": INTEGER_LIMIT, "description": about,
    }  # fmt: skip


def _references_schema(field: Field) -> JsonSchema:
    least = field.min if isinstance(field.min, int) else 0
    schema: JsonSchema = {"type": "array", "items": _reference_schema(field), "uniqueItems": True}
    if field.required or least:
        schema["minItems"] = max(1, least)
    return {**schema, "maxItems": field.max} if isinstance(field.max, int) else schema


def _read_ids(raw: object, field: Field) -> object:
    return [_read_id(each, field) for each in raw] if isinstance(raw, list) else raw


def _write_ids(value: tuple[int, ...], field: Field) -> object:
    return list(value)


def _count_schema(field: Field) -> JsonSchema:
    return {
        "type": "integer",
        "minimum": 0,
        "description": f"How many records of {field.target} refer to this.",
    }


LINE = JsonForm[str](schema=_line_schema)
LINES = JsonForm[str](schema=_lines_schema)
EMAIL = JsonForm[str](schema=_email_schema)
URL = JsonForm[str](schema=_url_schema)
PHONE = JsonForm[str](schema=_phone_schema)
COLOR = JsonForm[str](schema=_color_schema)
ENUM = JsonForm[str](schema=_enum_schema)
INTEGER = JsonForm[int](schema=_integer_schema)
RATING = JsonForm[int](schema=_rating_schema)
REFERENCE = JsonForm[int](schema=_reference_schema, read=_read_id)
REFERENCES = JsonForm[tuple[int, ...]](schema=_references_schema, read=_read_ids, write=_write_ids)
COUNT = JsonForm[int](schema=_count_schema)
BOOLEAN = JsonForm[bool](schema=_boolean_schema)
REAL = JsonForm[Decimal](schema=_real_schema, write=_write_real, read=_read_real)
MONEY = JsonForm[Decimal](schema=_money_schema, write=_write_money, read=_read_real)
DATE = JsonForm[date](schema=_date_schema, write=_write_iso)
TIME = JsonForm[time](schema=_time_schema, write=_write_iso)
DATETIME = JsonForm[datetime](schema=_datetime_schema, write=_write_datetime)
DURATION = JsonForm[timedelta](schema=_duration_schema, write=_write_duration)
MULTI_ENUM = JsonForm[tuple[str, ...]](schema=_multi_enum_schema, write=_write_choices)
ANY = JsonForm[object](schema=_any_schema, read=_read_any)
LOCATION = JsonForm[Location](schema=_location_schema, write=_write_location)
FILE = JsonForm[Attachment](schema=_file_schema, write=_write_file)
