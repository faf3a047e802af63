"""How an instance's FIFOs are named; app names that could leave the folder are refused."""

_APP_BYTES_MAX = 200


def instance_name(app: object, slot: object) -> str:
    """Return `app.slot`; raises ValueError when that cannot be a file's name."""
    if not isinstance(app, str) or not isinstance(slot, int) or isinstance(slot, bool) or slot < 0:
        raise ValueError("an app's name and a slot are needed")
    if not app or app.startswith(".") or "/" in app or "\0" in app or len(app.encode()) > _APP_BYTES_MAX:
        raise ValueError("an app's name cannot be a file's name")
    return f"{app}.{slot}"
