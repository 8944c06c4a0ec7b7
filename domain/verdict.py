"""Which commits on the log count: a pure function of what lies before them."""

from collections.abc import Iterable, Mapping
from enum import Enum


class Verdict(Enum):
    """What became of a commit; it never changes, whoever asks and however often."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"


def expected_heads(versions: Iterable[tuple[str, int]]) -> dict[str, int] | None:
    """The head that events of these (stream, version) expect of each of their streams.

    Events expect the version before their first. None where those of one stream do not follow
    each other: no head can make such a commit right.
    """
    expected: dict[str, int] = {}
    last: dict[str, int] = {}
    for stream, version in versions:
        if stream not in expected:
            expected[stream] = version - 1
        elif version != last[stream] + 1:
            return None
        last[stream] = version
    return expected


def next_version(head: int | None, expected: int | None) -> int:
    """The version of a stream's next event; an empty stream starts after what was expected, else at 1."""
    if head is not None:
        return head + 1
    return 1 if expected is None else expected + 1


def verdict(
    *,
    is_seen: bool,
    expected: Mapping[str, int] | None,
    heads: Mapping[str, int],
    position: int | None = None,
    reached: int | None = None,
) -> Verdict:
    """Accept a commit iff its id is unseen, each head it expects is that stream's, and its position rises.

    ``is_seen``: its id lies before it, whatever was decided of it then.
    ``expected``: the head it expects of each stream it expects one of; None: nothing can make it right.
    ``heads``: the last version of each stream that has events; an empty one takes any first version.
    ``position``: how far it says its writer has read elsewhere; ``reached``: the last one said before it.
    """
    if is_seen:
        return Verdict.REPEATED
    if expected is None:
        return Verdict.REFUSED
    for stream, head in expected.items():
        if heads.get(stream, head) != head:
            return Verdict.REFUSED
    if position is not None and reached is not None and position <= reached:
        return Verdict.REFUSED
    return Verdict.ACCEPTED
