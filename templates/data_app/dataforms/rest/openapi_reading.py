"""The OpenAPI document of an app that only reads its rows: that of any app, less all that writes."""

from typing import Any

from dataforms.rest import ROOT

_READS = ("get", "parameters", "summary", "description")
_WEBHOOKS = f"{ROOT}/webhooks"


def only_reading(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without requests that write, what they send, and events of changes."""
    paths = {
        path: {name: part for name, part in item.items() if name in _READS}
        for path, item in document["paths"].items()
        if "get" in item and not path.startswith(_WEBHOOKS)
    }
    components = document["components"]
    sent = {
        name: each
        for name, each in components["schemas"].items()
        if not name.endswith(("-new", "-change", "-changes")) and not name.startswith("webhook")
    }
    kept = {name: part for name, part in document.items() if name != "webhooks"}
    return {**kept, "paths": paths, "components": {**components, "schemas": sent}}
