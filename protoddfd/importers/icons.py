"""A Lucide icon for an entity, from the words of its name. Pure."""

from collections.abc import Sequence

_ICONS: dict[str, str] = {
    "airline": "plane", "flight": "plane-takeoff", "plane": "plane", "aircraft": "plane",
    "airport": "tower-control",
    "customer": "users", "client": "users", "user": "users", "person": "users", "employee": "id-card",
    "contact": "contact", "member": "users", "player": "users", "student": "graduation-cap", "team": "users",
    "company": "building-2", "supplier": "truck", "vendor": "truck", "department": "building-2",
    "product": "package", "item": "package", "article": "package", "stock": "package",
    "inventory": "warehouse",
    "order": "shopping-cart", "sale": "chart-line", "invoice": "receipt", "payment": "credit-card",
    "salary": "banknote", "price": "tag", "category": "tags", "tag": "tag", "project": "folder-kanban",
    "task": "list-checks", "ticket": "ticket", "event": "calendar", "appointment": "calendar",
    "booking": "calendar",
    "course": "graduation-cap", "book": "book-open", "author": "pen-line", "movie": "film", "song": "music",
    "album": "disc-3", "artist": "palette", "country": "globe", "city": "map-pin", "location": "map-pin",
    "address": "map-pin", "store": "store", "shop": "store", "weather": "cloud-sun", "temp": "thermometer",
    "penguin": "bird", "bird": "bird", "animal": "paw-print", "car": "car", "vehicle": "car",
    "house": "house",
    "property": "house", "recipe": "chef-hat", "patient": "heart-pulse", "doctor": "stethoscope",
    "note": "sticky-note",
    "document": "file-text", "file": "file-text", "message": "message-square", "email": "mail",
    "asset": "box",
}  # fmt: skip


def icon_for(words: Sequence[str]) -> str | None:
    """Return the icon's name for an entity of these lower-case words, or None; the last word counts most."""
    return next((_ICONS[word] for word in reversed(words) if word in _ICONS), None)
