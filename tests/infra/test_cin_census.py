"""The CIN census is read whole or not at all, and everything wrong in it is told with its line."""

import io
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.files.cin_census import MAX_ELEMENTS, open_census, read, survey
from infra.files.cin_child import (
    ASSESSMENT_FACTORS,
    CATEGORIES_OF_ABUSE,
    CLOSURE_REASONS,
    PRIMARY_NEEDS,
    REFERRAL_SOURCES,
)
from infra.files.cin_records import CensusChild
from infra.files.xml_fields import FileProblem
from infra.files.xml_file import Unreadable
from tests.infra.census_example import (
    SAMPLES,
    SCHEMAS,
    TAKEN_ON,
    Schema,
    assessment,
    census,
    child,
    details,
    enquiry,
)
from tests.infra.test_xml_file import HOSTILE


def read_all(raw: bytes, taken_on: date = TAKEN_ON) -> tuple[list[CensusChild], list[FileProblem]]:
    file = io.BytesIO(raw)
    items = list(read(file, survey(file), taken_on))
    return (
        [item for item in items if isinstance(item, CensusChild)],
        [item for item in items if isinstance(item, FileProblem)],
    )


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


# Every year


def test_there_is_a_schema_of_every_year():
    assert [Schema(path).year for path in SCHEMAS] == list(range(2017, 2027))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_return_with_all_that_a_years_schema_allows_has_no_problem(path):
    schema = Schema(path)
    raw = f'<?xml version="1.0" encoding="UTF-8"?>\n{schema.example("Message")}'.encode()
    (only,), problems = read_all(raw)
    assert problems == []
    (referral,) = only.referrals
    assert len(referral.assessments) == len(referral.enquiries) == len(referral.protection_plans) == 1
    assert len(referral.need_plans) == (1 if schema.year >= 2022 else 0)
    assert [plan.reviews[0].held_on for plan in referral.protection_plans] == [date(2016, 10, 3)]
    assert set(referral.assessments[0].factors) == set(schema.codes("assessmentfactorstype"))


@pytest.mark.parametrize(
    ("codes", "type_name"),
    [
        (REFERRAL_SOURCES, "referralsourcetype"),
        (PRIMARY_NEEDS, "primaryneedcodetype"),
        (CLOSURE_REASONS, "reasonforclosuretype"),
        (CATEGORIES_OF_ABUSE, "categoryofabusetype"),
        (ASSESSMENT_FACTORS, "assessmentfactorstype"),
    ],
)
def test_the_codes_known_are_those_of_all_years(codes, type_name):
    assert codes == {code for path in SCHEMAS for code in Schema(path).codes(type_name)}


# The public samples


@pytest.mark.parametrize(
    ("name", "children", "lines"),
    [
        ("CIN_Census_2021.xml", 1, [23, 25]),
        ("CIN2rows.xml", 1, [23, 65]),
        ("CIN_Census_2024.xml", 2, [23, 41, 42, 46]),
        ("CIN_Census_2026.xml", 2, [23, 41, 42, 46]),
    ],
)
def test_a_sample_gives_its_children_and_the_lines_of_its_problems(name, children, lines):
    found, problems = read_all(sample(name))
    assert len(found) == children
    assert sorted(problem.line for problem in problems) == lines


def test_a_sample_is_read_to_the_last_record():
    (only,), _ = read_all(sample("CIN2rows.xml"))
    (referral,) = only.referrals
    assert (only.reference, only.line, only.date_of_birth) == ("DfEX0000001", 18, date(2015, 3, 27))
    assert (referral.line, referral.received_on, referral.closed_on, referral.closure_reason) == (
        34, date(2022, 10, 6), date(2023, 2, 27), "RC1",
    )  # fmt: skip
    assert (referral.source, referral.primary_need, referral.is_no_further_action) == ("1A", "N4", False)
    assert [(a.line, a.started_on, a.authorised_on) for a in referral.assessments] == [
        (41, date(2023, 1, 24), None)
    ]
    assert [
        (e.line, e.started_on, e.conference_on, e.is_conference_unnecessary) for e in referral.enquiries
    ] == [(48, date(2022, 6, 2), date(2022, 6, 17), False)]
    (plan,) = referral.protection_plans
    assert (plan.line, plan.started_on, plan.ended_on) == (55, date(2022, 2, 17), date(2023, 3, 14))
    assert [(review.line, review.held_on) for review in plan.reviews] == [(62, date(2023, 2, 15))]


def test_the_coming_pre_proceedings_module_is_read():
    (first, _), _ = read_all(sample("CIN_Census_2026.xml"))
    (track,) = first.referrals[0].pre_proceedings
    assert (track.line, track.started_on, track.letter_sent_on, track.met_on) == (
        71, date(2026, 9, 9), date(2026, 9, 20), date(2026, 9, 28),
    )  # fmt: skip
    assert (track.decided_on, track.applied_on) == (date(2026, 12, 1), date(2026, 12, 18))


# Problems: each is told, and the rest of the child still comes


def plan(inside: str) -> str:
    return (
        f"<ChildProtectionPlans><CPPstartDate>2023-06-01</CPPstartDate>{inside}<InitialCategoryOfAbuse>NEG"
        "</InitialCategoryOfAbuse><LatestCategoryOfAbuse>NEG</LatestCategoryOfAbuse></ChildProtectionPlans>"
    )


def closed(day: str, more: str = "") -> str:
    return f"<CINclosureDate>{day}</CINclosureDate>{more}"


def reason(code: str) -> str:
    return f"<ReasonForClosure>{code}</ReasonForClosure>"


FACTORS = (
    "<Assessments><AssessmentActualStartDate>2023-05-03</AssessmentActualStartDate><FactorsIdentifiedAtAssessment>\n"
    "<AssessmentFactors>99</AssessmentFactors>\n</FactorsIdentifiedAtAssessment></Assessments>"
)
UNDECIDED = (
    "<PreProceedingsandFGDM><PPStartDate>2023-06-01</PPStartDate>\n<StepDecisionDate>2023-07-01</StepDecisionDate>\n"
    "<PPOutcome>B</PPOutcome></PreProceedingsandFGDM>"
)

PROBLEMS = {
    "a closing date that is none": (closed("soon"), "CINclosureDate"),
    "a day that no calendar has": (closed("2023-02-30"), "CINclosureDate"),
    "a date before 1900": (closed("1066-10-14"), "CINclosureDate"),
    "a date after it was taken": (closed("2027-04-01"), "CINclosureDate"),
    "a date told twice": (closed("2023-06-01") + closed("2023-06-02"), "CINclosureDate"),
    "an element where text belongs": (closed("<a>1</a>"), "CINclosureDate"),
    "a reason without a date": (reason("RC1"), "ReasonForClosure"),
    "an unknown reason": (closed("2023-06-01", reason("RC0")), "ReasonForClosure"),
    "an unknown need": ("<PrimaryNeedCode>N99</PrimaryNeedCode>", "PrimaryNeedCode"),
    "an answer that is none": (enquiry("2023-05-03", not_required="perhaps"), "ICPCnotRequired"),
    "an empty answer": (enquiry("2023-05-03", not_required=""), "ICPCnotRequired"),
    "an assessment without a start": (assessment(""), "AssessmentActualStartDate"),
    "an unknown factor": (FACTORS, "AssessmentFactors"),
    "an enquiry without a start": (enquiry(""), "S47ActualStartDate"),
    "a review date that is none": (
        plan("<Reviews>\n<CPPreviewDate>x</CPPreviewDate>\n</Reviews>"),
        "CPPreviewDate",
    ),
    "an element nobody knows": ("<Surprise>1</Surprise>", "Surprise"),
    "one record twice": (f"{assessment('2023-05-03')}\n{assessment('2023-05-03')}", "Assessments"),
    "a decision that does not say which": (UNDECIDED, "StepDecisionDate"),
}


@pytest.mark.parametrize(("inside", "where"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_is_told_with_its_line_and_the_rest_of_the_child_comes(inside, where):
    raw = census(child(details("2023-05-02", inside), details("2023-01-09")))
    (only,), problems = read_all(raw)
    assert [referral.received_on for referral in only.referrals] == [date(2023, 5, 2), date(2023, 1, 9)]
    assert where in {problem.path.rpartition("/")[2] for problem in problems}
    lines = raw.decode().splitlines()
    for problem in problems:
        assert problem.path.rpartition("/")[2] in lines[problem.line - 1]


def test_text_that_strays_is_told_with_its_line():
    raw = census(child(details("2023-05-02", "stray")))
    _, (problem,) = read_all(raw)
    assert raw.decode().splitlines()[problem.line - 1] == "stray"


def test_a_required_element_that_is_missing_is_told_with_the_line_of_what_should_hold_it():
    raw = census(child("<CINdetails>\n<CINreferralDate>2023-05-02</CINreferralDate>\n</CINdetails>"))
    _, problems = read_all(raw)
    assert [(p.line, p.path.rpartition("/")[2]) for p in problems] == [
        (6, "ReferralSource"),
        (6, "ReferralNFA"),
    ]


@pytest.mark.parametrize("received_on", ["", "31/03/2023", "2023-04-31", "1899-12-31", "2027-04-01"])
def test_a_referral_without_a_usable_date_is_set_aside_and_noted(received_on):
    (only,), problems = read_all(census(child(details(received_on), details("2023-01-09"))))
    assert [referral.received_on for referral in only.referrals] == [date(2023, 1, 9)]
    assert only.set_aside == {"CINdetails"}
    assert len(problems) == 2, "why, and that all of it was set aside"


def test_what_could_not_be_read_is_told_apart_from_what_is_absent():
    (only,), _ = read_all(
        census(child(details("2023-05-02", assessment("2023-05-03", "never"), assessment(""))))
    )
    (referral,) = only.referrals
    assert [(a.authorised_on, set(a.unread)) for a in referral.assessments] == [(None, {"ended_on"})]
    assert referral.set_aside == {"Assessments"}


@pytest.mark.parametrize("reference", ["", "  ", "a/b", "C 1", "x" * 129, "worker:1", "authority", "naïve"])
def test_a_child_without_a_usable_reference_is_set_aside_and_the_others_come(reference):
    raw = census(child(details(), reference=reference), child(details(), reference="C2"))
    found, problems = read_all(raw)
    assert [one.reference for one in found] == ["C2"]
    assert [problem.path for problem in problems] == ["Child/ChildIdentifiers/LAchildID"]
    assert not survey(io.BytesIO(raw)).is_complete


def test_a_child_without_any_identifiers_is_set_aside():
    raw = census(details(), child(details(), reference="C2"))
    found, problems = read_all(raw)
    assert [one.reference for one in found] == ["C2"]
    assert [problem.line for problem in problems] == [4]
    assert not survey(io.BytesIO(raw)).is_complete


def test_an_empty_element_is_an_absent_one():
    (only,), problems = read_all(
        census(child(details("2023-05-02", "<CINclosureDate/>", assessment("2023-05-03"))))
    )
    assert (only.referrals[0].closed_on, problems) == (None, [])


def test_a_child_that_stands_twice_is_read_as_one_and_told():
    raw = census(
        child(details("2023-05-02"), reference="C1"),
        child(details("2023-05-02"), reference="C2"),
        child(details("2023-05-02"), details("2023-09-01"), reference="C1"),
    )
    found, problems = read_all(raw)
    assert {one.reference: [r.received_on.month for r in one.referrals] for one in found} == {
        "C2": [5],
        "C1": [5, 9],
    }
    assert [problem.path for problem in problems] == ["Child"]


def test_a_problem_never_repeats_what_the_file_says_of_a_child():
    secret = "2015-03-99"
    _, problems = read_all(
        census(child(details(source=secret), more=f"<PersonBirthDate>{secret}</PersonBirthDate>"))
    )
    assert len(problems) == 2
    assert not [problem for problem in problems if secret in problem.message + problem.path]


@pytest.mark.parametrize("written", ["2023-05-02", " 2023-05-02\n", "2023-05-02Z", "2023-05-02+01:00"])
def test_every_form_of_an_xml_date_is_read(written):
    (only,), problems = read_all(census(child(details(written))))
    assert (only.referrals[0].received_on, problems) == (date(2023, 5, 2), [])


def test_a_child_may_be_expected_after_the_return_was_taken():
    more = "<ExpectedPersonBirthDate>{}</ExpectedPersonBirthDate>"
    (only,), problems = read_all(census(child(details(), more=more.format("2024-08-01"))), date(2024, 3, 31))
    assert (only.expected_birth_on, problems) == (date(2024, 8, 1), [])
    (only,), problems = read_all(census(child(details(), more=more.format("2084-08-01"))), date(2024, 3, 31))
    assert (only.expected_birth_on, len(problems)) == (None, 1)


# Whole or not at all


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_census_is_unreadable_before_anything_of_it_is_used(raw):
    with pytest.raises(Unreadable):
        survey(io.BytesIO(raw))


@given(st.integers(min_value=0, max_value=len(sample("CIN_Census_2026.xml").rstrip()) - 1))
def test_a_return_cut_short_anywhere_counts_not_at_all(length):
    with pytest.raises(Unreadable):
        survey(io.BytesIO(sample("CIN_Census_2026.xml")[:length]))


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_unreadable(noise):
    whole = sample("CIN2rows.xml")
    for raw in (noise, whole[:1500] + noise + whole[1500:], whole + noise):
        with suppress(Unreadable):
            read_all(raw)


def test_a_return_of_another_collection_is_named():
    with pytest.raises(Unreadable, match="CSWW") as caught:
        survey(io.BytesIO(sample("not_cin_workforce_2022.xml")))
    assert caught.value.line == 4


def test_a_return_without_children_is_unreadable_for_it_would_make_all_vanish():
    with pytest.raises(Unreadable, match="no children"):
        survey(io.BytesIO(census()))


def test_a_child_with_endless_records_is_unreadable_however_they_are_spread():
    many = "".join(f"{details('2023-05-02')}\n" for _ in range(MAX_ELEMENTS // 8))
    survey(io.BytesIO(census(child(many))))
    with pytest.raises(Unreadable):
        survey(io.BytesIO(census(child(many), child(many))))


def test_a_file_that_changes_between_the_readings_is_unreadable():
    surveyed = survey(io.BytesIO(census(child(details()))))
    with pytest.raises(Unreadable, match="changed"):
        list(read(io.BytesIO(census(child(details(source="1B")))), surveyed, TAKEN_ON))


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    with pytest.raises(Unreadable):
        open_census(tmp_path / "none.xml")
    with pytest.raises(Unreadable):
        open_census(tmp_path)


# The header


def test_the_header_tells_the_day_described_and_the_day_written():
    header = survey(io.BytesIO(sample("CIN_Census_2024.xml"))).header
    assert (header.year, header.reference_on, header.written_on) == (
        "2023",
        date(2024, 3, 31),
        date(2023, 5, 23),
    )


def test_a_header_date_that_is_none_is_a_problem():
    _, problems = read_all(census(child(details()), reference_on="31 March"))
    assert [problem.path for problem in problems] == ["Header/CollectionDetails/ReferenceDate"]
