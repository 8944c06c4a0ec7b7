"""What is worth knowing about a clock beside its days."""

from collections.abc import Iterable

from domain.field import FactReference
from domain.numerous import numerous


@numerous(frozen=True, slots=True)
class Flag:
    """A stable ``code``, the ``value`` it goes with where there is one, and the facts that are the cause."""

    code: str
    value: int | str | None = None
    because: tuple[FactReference, ...] = ()


def gathered(flags: Iterable[Flag]) -> list[Flag]:
    """One flag a code, in alphabetical order: all the causes, and the first value that is one."""
    by_code: dict[str, Flag] = {}
    for flag in flags:
        seen = by_code.get(flag.code)
        if seen is None:
            by_code[flag.code] = flag
        else:
            value = seen.value if seen.value is not None else flag.value
            because = seen.because + tuple(r for r in flag.because if r not in seen.because)
            by_code[flag.code] = Flag(flag.code, value, because)
    return [by_code[code] for code in sorted(by_code)]
