"""Everything in a history that does not follow, each with the fact it is about."""

from collections.abc import Sequence

from domain.amended import Amended, Amendment, effect
from domain.correction import FactCorrected, FactWithdrawn
from domain.field import FactReference
from domain.lifecycle import Discrepancy, do_not_follow
from domain.question import Question
from domain.telling import Told, entered_before_it_occurred
from domain.upholding import Held

HELD_BECAUSE = {
    "START_DATE_MOVED_LATER": "a start was first reported for an earlier day",
    "REFERRAL_DATE_MOVED_LATER": "the referral was first reported for an earlier day",
    "STOP_DATE_MOVED_EARLIER": "an end was first reported for a later day",
    "DELETED_WITH_OPEN_CLOCK": "what started the clock cannot be taken back while the need is unmet",
    "CHANGE_HELD": "it would shorten, stop or remove a clock",
}


def why_held(held: Held) -> str:
    """A sentence that says what is held back from the clock, since when, and what can be done."""
    because = HELD_BECAUSE[held.code]
    return f"Held: {because}; it would hide time from {held.harm_on.isoformat()} on. A ruling can accept it."


def discrepancies(history: Amended, all_held: Sequence[Held], question: Question) -> list[Discrepancy]:
    """What does not follow in the facts known at the moment asked about, up to the day asked about."""
    return do_not_follow(history.as_reported(question.as_at)) + whenever_asked(history, all_held)


def whenever_asked(history: Amended, all_held: Sequence[Held]) -> list[Discrepancy]:
    """What does not follow in the facts known, whatever day is asked about."""
    found = [_entered_first(t) for t in history.told.values() if _is_entered_first(t)]
    known = {amendment.reference for amendment in history.amendments}
    for amendment in history.amendments:
        found += _of_amendment(amendment, history, known)
    found += [Discrepancy(held.amendment.reference, held.code, why_held(held)) for held in all_held]
    return found


def _is_entered_first(told: Told) -> bool:
    return entered_before_it_occurred(told.recorded, told.fact.occurred_on)


def _entered_first(told: Told) -> Discrepancy:
    detail = f"said to have been entered before it occurred; read as of {told.day.isoformat()}, when it was"
    return Discrepancy(told.reference, "ENTERED_BEFORE_OCCURRED", detail)


def _of_amendment(amendment: Amendment, history: Amended, known: set[FactReference]) -> list[Discrepancy]:
    fact = amendment.fact
    target = fact.corrects if isinstance(fact, FactCorrected) else None
    target = fact.withdraws if isinstance(fact, FactWithdrawn) else target
    if target is None:
        if effect(amendment, history.told):
            return []
        detail = "no fact about this record has what is said to have changed"
        return [Discrepancy(amendment.reference, "CHANGE_OF_NOTHING_KNOWN", detail)]
    if target in known:
        return []
    if target not in history.told:
        detail = f"nothing is recorded in this history as {target.id} from {target.source}"
        return [Discrepancy(amendment.reference, "AMENDS_UNKNOWN_FACT", detail)]
    if not effect(amendment, history.told):
        detail = "the fact would no longer be one of its type, so it stands as it was"
        return [Discrepancy(amendment.reference, "CORRECTION_DOES_NOT_FIT", detail)]
    return []
