"""Types with a structure inside: JSON documents and places on Earth."""

import re

import msgspec

from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.typerow import Json, Location
from dataforms.words import say

JSON_LENGTH = 1_000_000
PLACE_DIGITS = 9
"""Digits of a degree that are kept: a tenth of a millimetre."""
_PLACE = re.compile(r"\(?\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*°?\s*[,; ]\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*°?\s*\)?")
_NAMES = (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"))


def read_json(raw: object, field: Field) -> Json | None:
    """Return the JSON value in a text, or a JSON value that is no text as it is; null is empty."""
    try:
        text = raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()
        if len(text) > JSON_LENGTH:
            raise FieldError(say("Must have at most {most:,} characters.", most=JSON_LENGTH))
        value: Json | None = msgspec.json.decode(text, strict=True)
        msgspec.json.encode(value).decode()  # a lone surrogate cannot be stored
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError) as error:
        raise FieldError(say('Must be JSON, such as {{"key": "value"}}: {error}.', error=error)) from None
    return value


def read_location(raw: object, field: Field) -> Location:
    """Return a place from `48.8566, 2.3522`, two numbers or an object with latitude and longitude."""
    pair = _pair(raw)
    if pair is None:
        raise FieldError(say("Must be latitude and longitude in degrees, such as 48.8566, 2.3522."))
    place = Location(float(pair[0]), float(pair[1]))
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
        raise FieldError(say("Latitude goes from -90 to 90 degrees, longitude from -180 to 180."))
    return Location(*(round(degrees, PLACE_DIGITS) + 0.0 for degrees in place))


def _pair(raw: object) -> tuple[float | str, float | str] | None:
    if isinstance(raw, str):
        written = _PLACE.fullmatch(raw.strip())
        return (written[1], written[2]) if written else _pair_in_json(raw)
    if isinstance(raw, dict):
        raw = next(([raw[a], raw[b]] for a, b in _NAMES if a in raw and b in raw), None)
    if isinstance(raw, list | tuple) and len(raw) == 2:
        first, second = raw
        if _is_number(first) and _is_number(second):
            return first, second
    return None


def _pair_in_json(text: str) -> tuple[float | str, float | str] | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return None if isinstance(value, str) else _pair(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def show_json(value: Json, field: Field) -> str:
    """Return compact JSON."""
    return msgspec.json.encode(value).decode()


def edit_json(value: Json, field: Field) -> str:
    """Return indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def show_location(value: Location, field: Field) -> str:
    """Return `48.8566, 2.3522`."""
    return ", ".join(f"{degrees:.{PLACE_DIGITS}f}".rstrip("0").removesuffix(".") for degrees in value)
