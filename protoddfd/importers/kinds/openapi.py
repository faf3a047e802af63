"""OpenAPI 3 (and 2): the objects among its schemas are entities, their references relations."""

from typing import Any

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds.json_schema import Reader
from protoddfd.importers.kinds.schema_variants import variants_only
from protoddfd.importers.names import plain

_NO_RECORDS = frozenset(("error", "errors", "problem", "problem_details", "api_error", "error_response"))


def read(source: Source, document: dict[str, Any]) -> Finding:
    """Return the entities of an API; raise ImportRefused."""
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else document.get("definitions")
    if not isinstance(schemas, dict) or not schemas:
        raise ImportRefused("it has no schemas", "its objects have to stand in components.schemas")
    where = "#/components/schemas/" if isinstance(components, dict) else "#/definitions/"
    reader = Reader(source, document, independent=True)
    only = variants_only(document, where, schemas)
    for key in schemas:
        ref = where + str(key).replace("~", "~0").replace("/", "~1")
        if plain(str(key)) not in _NO_RECORDS and ref not in only:
            reader.add(ref, str(key))
    return reader.finding()
