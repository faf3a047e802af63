"""Small pictures and papers, as bytes."""

import io

from PIL import Image


def picture(color: str, kind: str = "PNG") -> bytes:
    """Return a picture of one color."""
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), color).save(buffer, kind)
    return buffer.getvalue()


RED, BLUE = picture("red"), picture("blue", "JPEG")
PDF = b"%PDF-1.4 something"
