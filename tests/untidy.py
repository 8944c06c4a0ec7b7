"""Facts of an invented authority as they come in where nobody tidies up."""

import json
import random
from collections.abc import Iterable
from typing import Any

from tests.authority_of_facts import event


def untidy(
    lines: Iterable[bytes],
    seed: int,
    *,
    amended: int = 100,
    merged: int = 40,
    late: int = 50,
    twice: int = 50,
) -> list[dict[str, Any]]:
    """An authority whose facts come in late, twice, and are corrected, withdrawn, merged and parted again:
    one in so many of the facts, or of the children.

    Most of a child's facts follow each other, so that few children are touched at a time.
    """
    draw = random.Random(seed)
    facts = [json.loads(line) for line in lines]
    children = sorted({fact["subject"] for fact in facts if fact["subject"].startswith("C")})
    for number, fact in enumerate(draw.sample(facts, len(facts) // amended)):
        target = {"source": fact["source"], "id": fact["id"]}
        more = {"corrects": target, "changes": {"occurred_on": f"2019-0{draw.randrange(1, 10)}-11"}}
        name = "FactCorrected"
        if number % 3 == 0:
            name, more = "FactWithdrawn", {"withdraws": target}
        facts.append(event(f"amends-{number}", name, "2019-10-01", subject=fact["subject"], **more))
    for number in range(len(children) // merged):
        one, other = draw.sample(children, 2)
        facts.append(event(f"merge-{number}", "ChildMerged", "2019-09-02", subject=one, into=other))
        if number % 2:
            facts.append(event(f"part-{number}", "ChildUnmerged", "2019-10-02", subject=one, from_=other))
    order = {child: draw.random() for child in sorted({fact["subject"] for fact in facts})}
    behind = {id(fact) for fact in draw.sample(facts, len(facts) // late)}
    facts.sort(key=lambda fact: (id(fact) in behind, order[fact["subject"]]))
    for fact in draw.sample(facts, len(facts) // twice):
        facts.insert(draw.randrange(len(facts)), fact)
    return facts
