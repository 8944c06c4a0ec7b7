"""A child's clocks as a reply."""

from datetime import date

from infra.holidays import england
from projections.projection import Case
from services.asked import ask
from services.clocks import clocks_reply
from tests.invented import SOURCE, WORKED_EXAMPLE, history, moved, recorded

TODAY = date(2019, 12, 31)


def reply(facts, **asked):
    question = ask(asked.get("as_at"), asked.get("known_at"), asked.get("basis"), TODAY, england())
    return clocks_reply(Case("C1001", facts, question.question, england()), question)


def test_the_worked_example_is_told_in_the_shape_that_is_agreed():
    found = reply(history(*WORKED_EXAMPLE), as_at="2019-10-22")
    assert (found["child"], found["as_at"], found["known_at"], found["basis"]) == (
        "C1001", "2019-10-22", None, "recorded",
    )  # fmt: skip
    clock = next(one for one in found["clocks"] if one["id"] == "assessment:R-1")
    assert clock["limit"] == {"value": 45, "unit": "working_days"}
    assert clock["elapsed"] == {"working_days": 89, "calendar_days": 129}
    assert clock["recorded"] == {
        "record": "A-3", "from": "2019-07-01", "to": "2019-07-12", "working_days": 9, "calendar_days": 11,
    }  # fmt: skip
    assert clock["hidden"] == {"working_days": 80, "calendar_days": 118}
    assert clock["over_by"] == {"working_days": 44, "calendar_days": 63}
    assert clock["spans"][0] == {
        "state": "waiting", "record": None, "from": "2019-03-05", "to": "2019-03-06",
        "working_days": 1, "calendar_days": 1, "shown": False,
    }  # fmt: skip
    assert clock["because"] == [{"source": SOURCE, "id": "f1"}, {"source": SOURCE, "id": "f7"}]


def test_a_clock_says_what_is_held_back_from_it_and_why():
    found = reply(history(*WORKED_EXAMPLE, moved("f1", "2019-06-30")))
    (held,) = next(one for one in found["clocks"] if one["id"] == "assessment:R-1")["held"]
    assert held["by"] == {"source": SOURCE, "id": "f8"}
    assert held["code"] == "REFERRAL_DATE_MOVED_LATER"
    assert "2019-03-05" in held["why"]


def test_figures_with_and_without_rulings_are_both_shown():
    ruling = recorded(
        8, "ClockRuled", "2019-11-01", clock="assessment:R-1", ruling="void", reason="wrong child",
        ruled_by="P-1", facts=[{"source": SOURCE, "id": f"f{n}"} for n in range(1, 8)],
    )  # fmt: skip
    found = reply([*history(*WORKED_EXAMPLE), ruling])
    assert found["clocks"] == []
    assert "assessment:R-1" in [clock["id"] for clock in found["without_rulings"]]
    assert [one["ruled_by"] for one in found["rulings"]] == ["P-1"]


def test_a_due_date_past_the_published_bank_holidays_is_provisional():
    late = [recorded(1, "ReferralReceived", "2027-12-01", referral_id="R-1")]
    clock = next(one for one in reply(late, as_at="2027-12-31")["clocks"] if one["timescale"] == "assessment")
    assert clock["provisional"] is True
