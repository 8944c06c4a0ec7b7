"""What examples cannot hold: the engine against a slow reference, and no fact ever hiding time."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from domain.amended import Amended
from domain.question import Question, end_of
from domain.true_clock import figures
from infra.holidays import england
from services.clocks import readings
from tests.domain.reference_facts import as_recorded, engine_clocks
from tests.reference import histories as invented
from tests.reference.coverage import is_excepted, is_held_from_now_on, uncovered
from tests.reference.true_clock import FRONT_DOOR, Reading

CLOCK = (
    "timescale",
    "subject",
    "status",
    "started_on",
    "stopped_on",
    "due_on",
    "limit",
    "elapsed",
    "over_by",
)
OF_NEEDS = frozenset({"contact_decision", "referral_decision", "assessment", "assessment_child_seen"})
"""The timescales that this reference reads."""

RECORD = ("recorded", "hidden", "spans")
AFTER = timedelta(days=40)
"""Past every window that a history leaves open."""

searching = settings(max_examples=250, derandomize=True, suppress_health_check=list(HealthCheck))


def days_of(*histories):
    """Every day on which one of them tells something, and one long after."""
    days = sorted({date.fromisoformat(fact["occurred_on"][:10]) for facts in histories for fact in facts})
    return [*days, days[-1] + AFTER]


def as_compared(clock, fields):
    flags = {flag["code"]: flag["value"] for flag in clock["flags"]}
    spans = [span for span in clock["spans"] if span["calendar_days"]]
    return {name: clock[name] for name in fields} | {
        "spans": spans if "spans" in fields else None,
        "flags": flags,
    }


@searching
@given(invented.histories(most_amendments=3), st.data())
def test_every_figure_and_flag_of_needs_agrees_with_the_slow_reference(facts, data):
    recorded = as_recorded(facts)
    reference = Reading(facts, only=FRONT_DOOR)
    # What is held back from a clock is shown on its record; the reference reads those from the clock.
    fields = CLOCK if reference.held else CLOCK + RECORD
    for day in data.draw(st.sets(st.sampled_from(days_of(facts)), min_size=1, max_size=4)):
        expected = {c["id"]: as_compared(c, fields) for c in reference.at(day) if c["timescale"] in OF_NEEDS}
        told = [clock for clock in engine_clocks(recorded, day) if clock["timescale"] in OF_NEEDS]
        assert {clock["id"]: as_compared(clock, fields) for clock in told} == expected, day


@searching
@given(invented.history_and_insertion())
def test_no_fact_shortens_ends_or_hides_a_need_on_any_day(drawn):
    before, after, inserted = drawn
    read_before, read_after = (Reading(facts, only=FRONT_DOOR) for facts in (before, after))
    assume(not is_held_from_now_on(read_before.held_ones(), read_after.held_ones(), inserted))
    told = [read_before.facts_as_read(), read_after.facts_as_read()]
    recorded_before, recorded_after = as_recorded(before), as_recorded(after)
    note(f"inserted {inserted}")
    for day in days_of(after):
        if not any(is_excepted(as_read, inserted, day) for as_read in told):
            lost = uncovered(engine_clocks(recorded_before, day), engine_clocks(recorded_after, day))
            assert lost == [], day


@searching
@given(invented.histories(most_amendments=2), st.data())
def test_spans_lie_end_to_end_and_what_is_shown_adds_up(facts, data):
    day = data.draw(st.sampled_from(days_of(facts)))
    for clock in engine_clocks(as_recorded(facts), day):
        spans = clock["spans"]
        assert spans[0]["from"] == clock["started_on"]
        assert spans[-1]["to"] == (clock["stopped_on"] or day.isoformat())
        assert all(one["to"] == other["from"] for one, other in pairwise(spans))
        for unit in ("working_days", "calendar_days"):
            assert sum(span[unit] for span in spans) == clock["elapsed"][unit]
            if clock["hidden"] is not None:
                shown = sum(span[unit] for span in spans if span["shown"])
                assert shown == (clock["recorded"] or {unit: 0})[unit]
                assert shown + clock["hidden"][unit] == clock["elapsed"][unit]


@searching
@given(invented.histories(most_amendments=0), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_changes_nothing(facts, draw):
    # Facts that the order of a day leaves equal keep log order, so no two of them may be there.
    assume(len({fact["occurred_on"][:10] for fact in facts}) == len(facts))
    day = days_of(facts)[-1]
    arrived = [dict(fact) for fact in facts]
    draw.shuffle(arrived)
    for place, (fact, recorded_at) in enumerate(
        zip(arrived, sorted(f["recorded_at"] for f in facts), strict=True)
    ):
        # When a fact was entered is its own, else its delay would be another.
        fact["entered_at"] = fact["entered_at"] or next(
            f["recorded_at"] for f in facts if f["id"] == fact["id"]
        )
        fact["recorded_at"], fact["position"] = recorded_at, place
    told = [{**fact, "entered_at": fact["entered_at"] or fact["recorded_at"]} for fact in facts]
    assert engine_clocks(as_recorded(arrived), day) == engine_clocks(as_recorded(told), day)


@searching
@given(invented.histories(most_amendments=3), st.data())
def test_what_we_thought_on_a_day_is_what_was_answered_on_it(facts, data):
    recorded = as_recorded(facts)
    day = data.draw(st.sampled_from(days_of(facts)))
    known = Question(day, end_of(day)).known(recorded)
    asked_now = figures("C1001", Amended(known), day, england())
    on_the_day = [fact for fact in recorded if fact.recorded_at < end_of(day)]
    assert readings(asked_now.clocks, day, england()) == readings(
        figures("C1001", Amended(on_the_day), day, england()).clocks, day, england()
    )
