"""What plain requests have in common: names of files in headers, whose page asks, where a file is.

Must import neither SQLAlchemy nor Reflex.
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

UNQUOTED = "!#$&+-.^_`|~"
"""What RFC 8187 leaves as it is beside letters and digits."""


def content_disposition(kind: str, name: str) -> str:
    """Return the header of RFC 6266: a name in ASCII for all, and the real one as RFC 8187 writes it.

    `kind` is `attachment` or `inline`. No name ends the header or starts another one.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'[^\x20-\x7e]|["\\%;/]', "_", plain).strip() or "file"
    header = f'{kind}; filename="{plain}"'
    if plain != name:
        header += f"; filename*=UTF-8''{quote(name.encode(errors='replace'), safe=UNQUOTED)}"
    return header


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from another site's page: by `Origin`, else by `Sec-Fetch-Site`.

    What is no browser says neither.
    """
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def file_address(table: str, id: int, field: str, name: str) -> str:
    """Return the path that serves the file in a field of a record."""
    return f"/files/{table}/{id}/{field}/{quote(name, safe='')}"
