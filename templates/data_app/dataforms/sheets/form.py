"""What a format is: a way that people write one type of value, with its test and its conversion."""

from collections.abc import Callable, Collection

import msgspec

from dataforms.errors import FieldError
from dataforms.spec import FieldType
from dataforms.typerow import Value


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One way of writing one type. `convert` gets text without blanks around it that `match` accepted."""

    name: str
    type: FieldType
    match: Callable[[str], object]
    convert: Callable[[str], Value]
    checked: bool = False
    """Whether `convert` may still refuse (ValueError or FieldError) what `match` accepted: no 31 February."""
    mark: str = ""
    """The decimal mark, where the format has one."""

    def accepts(self, texts: Collection[str]) -> bool:
        """Return whether every text is written this way."""
        if not all(map(self.match, texts)):
            return False
        if not self.checked:
            return True
        try:
            for text in texts:
                self.convert(text)
        except (ValueError, FieldError):
            return False
        return True

    def value(self, text: str) -> Value:
        """Return the value of a text; raise ValueError or FieldError when it is not written this way."""
        if not self.match(text):
            raise ValueError(f"is not written as {self.name}")
        return self.convert(text)
