"""Word lists as they are easiest to read: words with blanks between them."""


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def word_list(text: str) -> list[str]:
    """Return the words of a text in their order."""
    return text.split()
