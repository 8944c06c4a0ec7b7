"""Values of which a question about a past day makes millions."""

from typing import TYPE_CHECKING, Any

__all__ = ["numerous"]

if TYPE_CHECKING:
    from dataclasses import dataclass as numerous
else:
    from dataclasses import dataclass

    def numerous(*, frozen: bool, **shape: Any) -> Any:
        """As `dataclass` makes them, frozen, but that only mypy sees to it: to refuse changes at run time too
        would make each take three times as long to make.
        """
        assert frozen
        return dataclass(unsafe_hash=True, **shape)
