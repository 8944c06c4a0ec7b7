"""What a person asked for and cannot have."""


class Refused(Exception):
    """Tell the person: ``code`` is stable, ``detail`` says why and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
