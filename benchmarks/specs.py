"""The app that is made, started and weighed: three related entities."""

from typing import Any

TITLE = "Small shop"
SEEN = "Customers"
"""A text that the first page shows once it has its state."""

_CUSTOMER = [
    {"name": "name", "title": "Name", "type": "text", "required": True},
    {"name": "email", "title": "E-mail", "type": "email"},
    {"name": "tier", "title": "Tier", "type": "enum", "choices": ["Bronze", "Silver", "Gold"]},
    {"name": "since", "title": "Since", "type": "date"},
]
_PRODUCT = [
    {"name": "title", "title": "Title", "type": "text", "required": True},
    {"name": "price", "title": "Price", "type": "money", "min": 0},
    {"name": "in_stock", "title": "In stock", "type": "boolean"},
]
_ORDER = [
    {"name": "number", "title": "Number", "type": "text", "required": True},
    {"name": "customer", "title": "Customer", "type": "reference", "target": "Customer"},
    {"name": "product", "title": "Product", "type": "reference", "target": "Product"},
    {"name": "quantity", "title": "Quantity", "type": "integer", "min": 1},
    {"name": "ordered", "title": "Ordered", "type": "datetime"},
]
SPEC: dict[str, Any] = {
    "version": 1,
    "name": "any",
    "title": TITLE,
    "entities": [
        {"name": "Customer", "title": "Customer", "plural": SEEN, "fields": _CUSTOMER},
        {"name": "Product", "title": "Product", "plural": "Products", "fields": _PRODUCT},
        {"name": "Order", "title": "Order", "plural": "Orders", "fields": _ORDER},
    ],
}
