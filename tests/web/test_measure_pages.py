"""What the pages of measures say."""

import re

import httpx
import pytest

from projections.measure_catalogue import GROUPS, MEASURES


@pytest.fixture(scope="module")
def client(site):
    with httpx.Client(base_url=site, timeout=30) as found:
        yield found


def test_every_measure_is_in_one_group_and_on_the_page(client):
    assert sorted(m.name for _, of in GROUPS for m in of) == sorted(m.name for m in MEASURES)
    text = client.get("/figures").text
    assert all(f'href="/figures/{measure.name}"' in text for measure in MEASURES)


def test_a_measure_is_shown_with_both_values_its_source_and_its_cases(client):
    text = client.get("/figures/assessments_by_duration").text
    assert re.search(r"; the records show [\d.]+%", text)
    assert "table C2" in text
    assert (
        text.count('<th scope="row" class="govuk-table__header"><a class="govuk-link" href="/children/') == 50
    )
    assert "/figures/assessments_by_duration?cursor=50" in text
    assert "As data" in text


def test_what_was_asked_is_kept_in_the_links(client):
    text = client.get("/figures/assessment_in_time?from=2019-01-01&as_at=2019-05-20").text
    assert 'href="/figures?as_at=2019-05-20&amp;from=2019-01-01"' in text
    assert 'href="/measures/assessment_in_time/cases?as_at=2019-05-20&amp;from=2019-01-01"' in text


def test_what_cannot_be_asked_is_explained(client):
    reply = client.get("/figures?from=soon")
    assert (reply.status_code, "from is not a date." in reply.text) == (400, True)
    assert client.get("/figures/assessment_in_time?cursor=x").status_code == 400
    assert client.get("/figures/nonsense").status_code == 404


def test_small_numbers_are_marked(client):
    assert "Small numbers: do not publish." in client.get("/figures").text
