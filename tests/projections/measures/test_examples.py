"""Every measure has examples: of what counts, of what is only among those in question, of what is neither."""

import pytest

from projections.measure import Measure
from projections.measure_catalogue import OTHERS
from tests.projections.measures import (
    test_assessments,
    test_audits,
    test_care,
    test_meetings,
    test_people,
    test_plans,
    test_protection,
    test_recording,
    test_referrals,
    test_visits,
)

ELSEWHERE = {"assessments_merged"}
"""These have an example of another shape beside the tables."""

EXAMPLES = {
    measure: {told for told, *_ in rules.values()}
    for table in (
        test_assessments.EXAMPLES, test_audits.EXAMPLES, test_care.EXAMPLES, test_meetings.EXAMPLES,
        test_people.EXAMPLES, test_plans.EXAMPLES, test_protection.EXAMPLES, test_recording.COUNTED,
        test_referrals.EXAMPLES, test_visits.EXAMPLES, test_visits.OF_SIBLINGS,
    )
    for measure, rules in table.items()
} | {
    "worker_changes_by_child": set(test_people.CHANGES.values()),
    "caseloads_over_threshold": {told for _, _, told in test_people.CASELOADS.values()},
    "recording_delays": {told for _, told, _ in test_recording.DELAYS.values()},
    **{
        measure: {told[place] for _, _, told in test_recording.DELAYS.values()}
        for place, measure in enumerate(test_recording.IN_TIME)
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "measure", [one for one in OTHERS if one.name not in ELSEWHERE], ids=lambda measure: measure.name
)
def test_every_measure_has_an_example_that_counts_one_that_does_not_and_one_left_out(measure: Measure):
    examples = {told.partition(" in ")[0] for told in EXAMPLES[measure.name]}
    wanted = (
        [("1 of 1", "1 of 2"), ("0 of 1", "0 of 2"), ("0 of 0",)] if measure.is_share else [("1",), ("0",)]
    )
    assert [group for group in wanted if examples.isdisjoint(group)] == []


@pytest.mark.parametrize(
    "measure",
    [one for one in OTHERS if one.bands and one.name not in ELSEWHERE],
    ids=lambda measure: measure.name,
)
def test_every_band_has_an_example(measure: Measure):
    bands = {told.partition(" in ")[2] for told in EXAMPLES[measure.name]} - {""}
    assert bands == {band.name for band in measure.bands}
