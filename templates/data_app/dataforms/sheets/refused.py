"""The one way an import says no: what is wrong with the files, and what helps."""


class ImportRefused(Exception):
    """The files cannot become an app. `str()` says what happened, `hint` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
