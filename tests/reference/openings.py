"""Referrals and contacts: when each was open, read from its own reports alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from tests.reference.days import day_of
from tests.reference.told import Fact

# over "when it is closed, stepped down or decided as early_help, advice or no_further_action"
ENDING_OUTCOMES = {"early_help", "advice", "no_further_action"}
PREVAILING_OUTCOMES = {"assessment", "strategy_discussion"}


@dataclass
class Report:
    """One thing said about a referral, on the day for which it counts."""

    fact: Fact
    day: date
    timed: bool


@dataclass(eq=False)
class Opening:
    """A referral (or contact) from one receipt until it is over."""

    id: str
    received: Report
    reports: list[Report] = field(default_factory=list)

    def decisions(self) -> list[Report]:
        return [r for r in self.reports if r.fact.type in ("ReferralDecided", "ContactDecided")]

    def is_for_assessment(self) -> bool:
        return any(r.fact.data.get("outcome") in PREVAILING_OUTCOMES for r in self.decisions())

    def over(self) -> Report | None:
        """ "whichever is first" of the kinds of end; rule 6: each kind "on the latest day ever
        reported for it"; "of several decisions on one referral, one for assessment prevails"."""
        last_of_kind: dict[str, tuple[int, Report]] = {}
        for place, report in enumerate(self.reports):
            kind = report.fact.type
            if kind == "ReferralDecided":
                if report.fact.data.get("outcome") not in ENDING_OUTCOMES:
                    continue
                if self.is_for_assessment():
                    continue
            last_of_kind[kind] = (place, report)
        return min(last_of_kind.values())[1] if last_of_kind else None


def reports_of(
    facts: Sequence[Fact], id_field: str, id: str, receipts: set[str], as_at: date
) -> list[Report]:
    """All that was said of one referral or contact, and of the child's transfer away."""
    found = []
    for fact in facts:
        if fact.data.get(id_field) == id and (
            fact.type in receipts
            or fact.type in ("ReferralClosed", "SteppedDown", "ReferralDecided", "ContactDecided")
        ):
            found.append(Report(fact, fact.day, fact.instant is not None))
        if id_field == "referral_id" and fact.type == "TransferredOut" and fact.data.get("accepted_on"):
            # over "when the child is `TransferredOut` with `accepted_on`": not before either day
            accepted = day_of(fact.data["accepted_on"])
            if accepted > fact.day:
                if accepted <= as_at:
                    found.append(Report(fact, accepted, False))
            else:
                found.append(Report(fact, fact.day, fact.instant is not None))
    return found


def openings(reports: Sequence[Report], id: str, receipts: set[str]) -> list[Opening]:
    """ "a receipt of a referral that is over opens it anew, with its own decisions"."""
    found: list[Opening] = []
    for _, todays in groupby(sorted(reports, key=lambda r: r.day), key=lambda r: r.day):
        for report in _in_order(list(todays), receipts, found):
            if report.fact.type in receipts:
                if not found or found[-1].over() is not None:
                    found.append(Opening(id, report))
            elif found:
                found[-1].reports.append(report)
    return found


def _in_order(todays: Sequence[Report], receipts: set[str], found: Sequence[Opening]) -> Iterator[Report]:
    """receipts, then endings, "except that one open that morning and both ended and opened
    that day ends first"; what has a time comes after, by its time."""
    open_this_morning = bool(found) and found[-1].over() is None
    undated = sorted((r for r in todays if not r.timed), key=lambda r: r.fact.order)
    received = [r for r in undated if r.fact.type in receipts]
    others = [r for r in undated if r.fact.type not in receipts]
    ends = [
        r for r in others if r.fact.type != "ReferralDecided" or r.fact.data.get("outcome") in ENDING_OUTCOMES
    ]
    if open_this_morning and received:
        yield from ends
        yield from received
        yield from (r for r in others if r not in ends)
    else:
        yield from received
        yield from others
    timed = [r for r in todays if r.timed]
    yield from sorted(timed, key=lambda r: (r.fact.instant, r.fact.order))


def all_openings(facts: Sequence[Fact], id_field: str, receipts: set[str], as_at: date) -> list[Opening]:
    """Every opening of every referral (or contact), those of one id in order."""
    ids = sorted({f.data[id_field] for f in facts if f.type in receipts})
    found = []
    for id in ids:
        found += openings(reports_of(facts, id_field, id, receipts, as_at), id, receipts)
    return found
