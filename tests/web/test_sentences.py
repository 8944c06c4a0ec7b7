"""Everything the replies can name has words for people."""

import ast
import re
from pathlib import Path

import pytest

from domain.catalogue import EVENT_TYPES, FIELDS
from domain.integrity import RULES
from domain.reviewed_timescales import all_ids
from services.web import event_sentences, timescale_names
from services.web.event_sentences import SENTENCES
from services.web.facts import read_facts
from services.web.flag_sentences import SENTENCES as FLAGS
from services.web.flag_sentences import in_order, phrase, sentence
from tests.web.showcase import entry

ROOT = Path(__file__).parents[2]


def flag_codes():
    """Every code that the domain writes in capitals, but those of discrepancies."""
    found, others = set(), set()
    for path in (ROOT / "domain").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Discrepancy"
            ):
                others |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+)+", node.value) else set()
    return found - others - set(RULES)


def fact(event_type, **data):
    return read_facts({"entries": [entry("1", event_type, "2019-03-05", data, 1)]})[0]


@pytest.mark.parametrize("kind", sorted(set(EVENT_TYPES) - {"VisitMade"}))
def test_every_event_type_has_a_sentence_of_its_own_fields(kind):
    fields = {field.name for field in FIELDS[kind]} | {"meeting"}
    assert set(re.findall(r"\{(\w+)!?\}", SENTENCES[kind])) <= fields


@pytest.mark.parametrize("kind", sorted(set(EVENT_TYPES) - {"VisitMade"}))
def test_what_a_sentence_cannot_do_without_is_always_reported(kind):
    always = re.sub(r"\[[^\]]*\]", "", SENTENCES[kind])
    required = {field.name for field in FIELDS[kind] if field.required} | {"meeting"}
    assert set(re.findall(r"\{(\w+)!?\}", always)) <= required


def test_every_flag_has_a_sentence_and_nothing_else_has():
    assert flag_codes() == set(FLAGS)


def test_every_timescale_that_runs_has_a_name():
    assert set(all_ids()) <= set(timescale_names.NAMES)


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ("WORKER_CHANGES", 1, "The social worker changed 1 time while the clock ran."),
        (
            "BACKDATED_RECORDING",
            30,
            "A fact that starts or stops this clock was entered 30 days after it happened.",
        ),
        (
            "ENDED_WITHOUT_COMPLETION",
            "RC8",
            "The need was ended with no assessment completed: "
            "‘closed after assessment, no further action (RC8)’.",
        ),
        ("ENDED_WITHOUT_COMPLETION", None, "The need was ended with no assessment completed."),
        (
            "REFERRAL_AFTER_CONTACT",
            1,
            "The referral was received 1 working day after the contact it came from.",
        ),
        ("NOT_YET_KNOWN", 3, "Not yet known: 3."),
    ],
)
def test_a_flag_says_its_value(code, value, words):
    assert sentence({"code": code, "value": value}) == words


def test_a_flag_without_words_is_still_named():
    assert phrase({"code": "NOT_YET_KNOWN"}) == "Not yet known"


def test_flags_that_hide_time_come_first():
    codes = ["TEAM_CHANGES", "ZZZ", "REOPENED_SAME_RECORD", "OPEN_PAST_LIMIT"]
    ordered = [flag["code"] for flag in in_order([{"code": code} for code in codes])]
    assert ordered == ["REOPENED_SAME_RECORD", "OPEN_PAST_LIMIT", "TEAM_CHANGES", "ZZZ"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            fact("AssessmentClosed", assessment_id="A-1", reason="re-evaluate"),
            "Assessment A-1 closed: ‘re-evaluate’",
        ),
        (fact("AssessmentClosed", assessment_id="A_1"), "Assessment A_1 closed"),
        (fact("VisitMade", seen=True, seen_alone=True), "Visit: seen alone"),
        (fact("VisitMade", seen=True), "Visit: child seen, not said whether alone"),
        (fact("VisitMade", seen=False), "Visit: child not seen"),
        (
            fact("MeetingHeld", meeting_id="G", kind="initial_conference"),
            "Initial child protection conference",
        ),
        (fact("MeetingHeld", meeting_id="G", kind="core_group", quorate=False), "Core group, not quorate"),
        (fact("MinutesDistributed", meeting_id="G-1"), "Minutes shared: core group"),
        (fact("MinutesDistributed", meeting_id="G-2"), "Minutes shared: meeting"),
        (fact("SomethingNew"), "Something new"),
    ],
)
def test_an_event_is_told_in_a_line(told, words):
    assert event_sentences.title(told, {"G-1": "core group"}).striptags() == words


def test_what_others_wrote_is_escaped_and_kept_apart():
    told = event_sentences.title(fact("AssessmentClosed", assessment_id="A-1", reason="<b>x</b>"), {})
    assert told == "Assessment <bdi>A-1</bdi> closed: ‘<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>’"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            fact("ReferralClosed", reason="RC8"),
            "Referral closed: closed after assessment, no further action (RC8)",
        ),
        (fact("ReferralClosed", reason="moved away"), "Referral closed: moved away"),
        (
            fact("ReferralReceived", referral_source="6", primary_need="N1"),
            "Referral received from police (6): abuse or neglect (N1)",
        ),
        (
            fact("PlanStarted", kind="child_protection", category="NEG"),
            "Child protection plan started: neglect (NEG)",
        ),
    ],
)
def test_census_codes_are_told_in_words(told, words):
    assert event_sentences.title(told, {}).striptags() == words


def test_days_within_an_event_are_written_in_full():
    told = fact("ActionSet", origin="audit", due_on="2019-09-18")
    assert event_sentences.title(told, {}).striptags() == "Action set by audit, due 18 September 2019"
