"""Invented histories of one child, believable and hostile, and facts to insert into them."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.reference.days import day_of

FIRST_DAY = date(2019, 3, 1)  # Easter and both May bank holidays follow within the span
SPAN_DAYS = 120
SOURCE = "urn:invented:case-system"
Fact = dict[str, Any]

CONTACTS = st.sampled_from(["C-1", "C-2"])
REFERRALS = st.sampled_from(["R-1", "R-1", "R-2", "R-3"])
ASSESSMENTS = st.sampled_from(["A-1", "A-1", "A-2", "A-3"])
VISITS = st.sampled_from(["V-1", "V-2"])
WORKERS = st.sampled_from(["W-1", "W-2", "W-3"])
TEAMS = st.sampled_from(["T-1", "T-2"])
REASONS = st.sampled_from(["re-evaluate", "RC8"])
# few days, so that many fall together; some at a weekend, at Easter, at the window's two edges
OFFSETS = st.one_of(
    st.sampled_from([0, 4, 5, 10, 18, 31, 32, 33, 46, 49, 52, 60, 61, 66, 87, 90, 100, 119]),
    st.integers(0, SPAN_DAYS - 1),
)


@st.composite
def moments(draw: st.DrawFn, days: st.SearchStrategy[int] = OFFSETS) -> str:
    """A date, or now and then an instant (one of them late in the evening of summer time)."""
    day = FIRST_DAY + timedelta(days=draw(days))
    time = draw(st.sampled_from(["", "", "", "T09:00:00+00:00", "T14:00:00+01:00", "T23:30:00Z"]))
    return f"{day}{time}"


def _data(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields).map(lambda data: {k: v for k, v in data.items() if v is not None})


_named_referral = st.one_of(st.none(), REFERRALS)
_DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "ContactReceived": _data(contact_id=CONTACTS),
    "ContactDecided": _data(contact_id=CONTACTS, outcome=st.just("referral")),
    "ReferralReceived": _data(referral_id=REFERRALS, contact_id=st.one_of(st.none(), CONTACTS)),
    "ReferralDecided": _data(
        referral_id=REFERRALS,
        outcome=st.sampled_from(["assessment", "strategy_discussion", "early_help", "no_further_action"]),
    ),
    "ReferralClosed": _data(referral_id=REFERRALS, reason=st.sampled_from(["RC7", "RC8"])),
    "SteppedDown": _data(referral_id=REFERRALS, to=st.just("early_help")),
    "SteppedUp": _data(**{"referral_id": REFERRALS, "from": st.just("early_help")}),
    "TransferredOut": _data(to_authority=st.just("Elsewhere"), accepted_on=st.none()),
    "AssessmentStarted": _data(
        assessment_id=ASSESSMENTS,
        referral_id=_named_referral,
        kind=st.sampled_from([None, None, "child_and_family", "parenting"]),
    ),
    "AssessmentCompleted": _data(assessment_id=ASSESSMENTS, authorised_by=st.sampled_from([None, "M-1"])),
    "AssessmentClosed": _data(assessment_id=ASSESSMENTS, reason=REASONS),
    "AssessmentReopened": _data(assessment_id=ASSESSMENTS, reason=REASONS),
    "AssessmentCancelled": _data(assessment_id=ASSESSMENTS, reason=REASONS),
    "AssessmentPaused": _data(assessment_id=ASSESSMENTS),
    "AssessmentResumed": _data(assessment_id=ASSESSMENTS),
    "VisitMade": _data(visit_id=VISITS, purpose=st.just("assessment"), seen=st.booleans()),
    "WorkerAllocated": _data(worker_id=WORKERS, team_id=st.one_of(st.none(), TEAMS)),
    "CaseTransferred": _data(to_team_id=TEAMS),
    "RecordDeleted": _data(
        record_kind=st.sampled_from(["assessment", "assessment", "referral"]),
        record_id=st.one_of(ASSESSMENTS, REFERRALS),
    ),
    "RecordDisappeared": _data(record_kind=st.just("assessment"), record_id=ASSESSMENTS),
    "RecordReappeared": _data(record_kind=st.just("assessment"), record_id=ASSESSMENTS),
}
_COMMON = [
    "ReferralReceived",
    "AssessmentStarted",
    "AssessmentCompleted",
    "AssessmentClosed",
    "ReferralClosed",
    "AssessmentReopened",
]


AMENDING = ("FactCorrected", "FactWithdrawn", "RecordChanged")


def days_of(history: list[Fact]) -> list[date]:
    """Every day on which something in the history happens, is said to, or was entered."""
    found: set[date] = set()
    for told in history:
        data = told["data"]
        changes = data.get("changes") or {}
        changes = changes.get("changes", changes)
        texts = [told["occurred_on"], told["entered_at"], data.get("accepted_on")]
        texts += [data.get("was"), data.get("now"), changes.get("occurred_on")]
        found |= {day_of(text) for text in texts if text}
    return sorted(found)


def numbered(facts: list[Fact]) -> list[Fact]:
    """Gives each fact its place in the log; recorded in turn, none before it occurred."""
    recorded = f"{FIRST_DAY}T18:00:00+00:00"
    for position, fact in enumerate(facts):
        fact["position"] = position
        # the evening of the day after, since an evening of summer time can be the next day
        day = date.fromisoformat(fact["occurred_on"][:10]) + timedelta(days=1)
        recorded = max(recorded, f"{day}T18:00:00+00:00")
        fact["recorded_at"] = recorded
    return facts


def fact(id: str, type: str, occurred_on: str, data: dict[str, Any], entered_at: str | None = None) -> Fact:
    """A fact in the form that the reference reads; ``numbered`` places it in the log."""
    return {
        "type": type,
        "source": SOURCE,
        "id": id,
        "occurred_on": occurred_on,
        "entered_at": entered_at,
        "recorded_at": f"{occurred_on[:10]}T23:59:00+00:00",
        "position": 0,
        "data": data,
        "historic": False,
    }


@st.composite
def plain_facts(draw: st.DrawFn, id: str, types: list[str] | None = None) -> Fact:
    """Any fact but a correction, a withdrawal or a RecordChanged."""
    type = draw(
        st.sampled_from(types)
        if types
        else st.one_of(st.sampled_from(_COMMON), st.sampled_from(sorted(_DATA)))
    )
    data = draw(_DATA[type])
    if type == "TransferredOut" and draw(st.booleans()):
        data = {**data, "accepted_on": draw(moments())[:10]}
    occurred_on = draw(moments())
    entered_at = None
    if draw(st.integers(0, 9)) == 0:
        day = date.fromisoformat(occurred_on[:10]) + timedelta(days=draw(st.integers(-3, 6)))
        entered_at = f"{day}T10:00:00+00:00"
    return fact(id, type, occurred_on, data, entered_at)


@st.composite
def amendments(draw: st.DrawFn, id: str, history: list[Fact]) -> Fact:
    """A correction, a withdrawal or a RecordChanged of something in the history."""
    kind = draw(st.sampled_from(["FactCorrected", "FactCorrected", "FactWithdrawn", "RecordChanged"]))
    occurred_on = draw(moments())
    target = draw(st.sampled_from(history))
    named = {"source": SOURCE, "id": target["id"]}
    if kind == "FactWithdrawn":
        return fact(id, kind, occurred_on, {"withdraws": named})
    if kind == "FactCorrected":
        changes: dict[str, Any] = {"occurred_on": draw(moments())}
        if target["type"] == "FactCorrected" and draw(st.booleans()):
            changes = {"changes": {"occurred_on": draw(moments())}}
        elif "assessment_id" in target["data"] and draw(st.integers(0, 3)) == 0:
            changes = {"assessment_id": draw(ASSESSMENTS)}
        elif "referral_id" in target["data"] and draw(st.integers(0, 3)) == 0:
            changes = {"referral_id": draw(REFERRALS)}
        elif "outcome" in target["data"] and draw(st.booleans()):
            changes = {"outcome": draw(st.sampled_from(["assessment", "no_further_action"]))}
        return fact(id, kind, occurred_on, {"corrects": named, "changes": changes})
    of_kind = draw(st.sampled_from(["assessment", "referral"]))
    return fact(
        id,
        kind,
        occurred_on,
        {
            "record_kind": of_kind,
            "record_id": draw(ASSESSMENTS if of_kind == "assessment" else REFERRALS),
            "field": draw(st.sampled_from(["started_on", "ended_on"])),
            "was": target["occurred_on"][:10],
            "now": draw(st.one_of(st.none(), moments().map(lambda m: m[:10]))),
        },
    )


@st.composite
def hostile(draw: st.DrawFn, most: int = 12, most_amendments: int = 3) -> list[Fact]:
    """Facts in any order, few of which follow from the others."""
    count = draw(st.integers(1, most))
    history = [draw(plain_facts(f"e{n}")) for n in range(count)]
    for n in range(draw(st.integers(0, most_amendments))):
        history.append(draw(amendments(f"m{n}", history)))
    return numbered(history)


@st.composite
def believable(draw: st.DrawFn, most_amendments: int = 2) -> list[Fact]:
    """A referral, its assessments closed, reopened or begun again, and how it ended."""
    gaps = st.sampled_from([0, 1, 1, 2, 5, 8, 12, 20, 27, 28, 29])
    day = draw(st.integers(0, 20))
    told: list[tuple[str, int, dict[str, Any]]] = []

    def tell(type: str, **data: Any) -> None:
        nonlocal day
        day = min(day + draw(gaps), SPAN_DAYS)
        told.append((type, day, {k: v for k, v in data.items() if v is not None}))

    number = 0
    for referral in ["R-1", "R-2"][: draw(st.integers(1, 2))]:
        tell("ReferralReceived", referral_id=referral)
        if draw(st.booleans()):
            outcome = draw(st.sampled_from(["assessment", "assessment", "no_further_action"]))
            tell("ReferralDecided", referral_id=referral, outcome=outcome)
        for _ in range(draw(st.integers(0, 3))):
            number += 1
            id = f"A-{number}"
            tell("AssessmentStarted", assessment_id=id, referral_id=draw(_named_referral))
            if draw(st.booleans()):
                tell("VisitMade", visit_id=f"V-{number}", purpose="assessment", seen=True)
            end = st.sampled_from(["Closed", "Closed", "Cancelled", "Paused", "Completed", None])
            for _ in range(draw(st.integers(0, 2))):
                ended = draw(end)
                if ended:
                    tell(f"Assessment{ended}", assessment_id=id)
                if draw(st.booleans()):
                    tell("AssessmentReopened", assessment_id=id)
        if draw(st.booleans()):
            tell("ReferralClosed", referral_id=referral, reason="RC8")
    if draw(st.booleans()) and number:
        tell("AssessmentCompleted", assessment_id=f"A-{draw(st.integers(1, number))}")
    history = [
        fact(f"e{n}", type, str(FIRST_DAY + timedelta(days=day)), data)
        for n, (type, day, data) in enumerate(told)
    ]
    for n in range(draw(st.integers(0, most_amendments))):
        history.append(draw(amendments(f"m{n}", history)))
    return numbered(history)


def histories(most_amendments: int = 2) -> st.SearchStrategy[list[Fact]]:
    """Histories of one child, in log order."""
    return st.one_of(believable(most_amendments=most_amendments), hostile(most_amendments=most_amendments))


@st.composite
def insertions(draw: st.DrawFn, history: list[Fact], kinds: list[str] | None = None) -> tuple[Fact, int]:
    """A fact that the property is about, and where in the log it goes."""
    id = "inserted"
    kind = draw(
        st.sampled_from(
            kinds
            or [
                "record",
                "record",
                "record",
                "moved",
                "amendment",
                "second report",
                "referral",
                "worker",
            ]
        )
    )
    starts = [f for f in history if f["type"] in ("AssessmentStarted", "ReferralReceived", "SteppedUp")]
    stops = [
        f
        for f in history
        if f["type"] in ("AssessmentCompleted", "AssessmentClosed", "ReferralClosed", "ReferralDecided")
    ]
    anywhere = draw(st.integers(0, len(history)))
    if kind == "moved" and (starts or stops):
        target = draw(st.sampled_from(starts + stops))
        day = (date.fromisoformat(target["occurred_on"][:10]) - FIRST_DAY).days
        moved = draw(st.integers(day, SPAN_DAYS)) if target in starts else draw(st.integers(0, day))
        changes = {"occurred_on": str(FIRST_DAY + timedelta(days=moved))}
        named = {"source": SOURCE, "id": target["id"]}
        data = {"corrects": named, "changes": changes}
        return fact(id, "FactCorrected", draw(moments()), data), len(history)
    if kind == "amendment":
        return draw(amendments(id, history)), len(history)
    ends = [*stops, *(f for f in history if f["type"] in ("SteppedDown", "ContactDecided"))]
    if kind == "second report" and ends:
        target = draw(st.sampled_from(ends))
        return fact(id, target["type"], draw(moments()), dict(target["data"])), anywhere
    if kind == "referral":
        return draw(plain_facts(id, ["ReferralReceived", "SteppedUp"])), anywhere
    if kind == "worker":
        return draw(plain_facts(id, ["WorkerAllocated", "CaseTransferred"])), anywhere
    types = [
        "AssessmentClosed",
        "AssessmentReopened",
        "AssessmentCancelled",
        "AssessmentPaused",
        "RecordDeleted",
        "RecordDisappeared",
    ]
    return draw(plain_facts(id, types)), anywhere


@st.composite
def history_and_insertion(
    draw: st.DrawFn, most_amendments: int = 1, kinds: list[str] | None = None
) -> tuple[list[Fact], list[Fact], Fact]:
    """A history, the same with one fact more, and that fact."""
    history = draw(histories(most_amendments))
    inserted, place = draw(insertions(history, kinds))
    longer = [dict(f) for f in history]
    longer.insert(place, inserted)
    return history, numbered(longer), inserted
