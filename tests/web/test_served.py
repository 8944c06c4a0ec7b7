"""The pages of the service itself, filled with a small invented authority."""

import re

import pytest
from playwright.sync_api import Page, expect

from services.simulate.simulation import simulate
from tests.running import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), today="2019-10-22") as running:
        lines = b"\n".join(line.strip() for line in simulate(12, 1, showcase=True))
        with running.client() as client:
            answer = client.post("/events", content=lines, headers={"content-type": "application/x-ndjson"})
            assert answer.status_code == 200, answer.text[:500]
            yield client


@pytest.fixture
def said(page: Page):
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield heard
    assert heard == []


def shows(page: Page, *numbers: str) -> None:
    """Returns once these are its figures; a page that is left is still there while the next is fetched."""
    expect(page.locator(".figure-number strong")).to_have_text(numbers)


def test_the_page_shows_what_the_api_answers(page: Page, served, said):
    clock = next(
        clock
        for clock in served.get("/children/C1001/clocks").json()["clocks"]
        if clock["timescale"] == "assessment"
    )
    page.goto(f"{served.base_url}/children/C1001/page")
    told = [clock[name]["working_days"] for name in ("recorded", "elapsed", "hidden")]
    assert told == [9, 89, 80]
    shown = page.locator(".figure-number strong").all_inner_texts()
    assert shown[:3] == [str(days) for days in told]
    days = page.locator(".spans tbody tr td:last-child").all_inner_texts()
    assert [int(text) for text in days] == [span["working_days"] for span in clock["spans"]]


def test_a_past_day_differs_by_what_was_known(page: Page, served, said):
    page.goto(f"{served.base_url}/children/C1001/page")
    page.locator("#day").fill("20/5/2019")
    page.get_by_role("button", name="Go").click()
    shows(page, "14", "51", "37", "46")
    page.get_by_role("link", name="what we now know had happened").click()
    shows(page, "14", "51", "37", "9")


def test_every_page_leads_to_the_next(page: Page, served, said):
    page.goto(f"{served.base_url}/")
    expect(page.get_by_text("Today stands at 22 October 2019")).to_be_visible()
    page.get_by_role("link", name="Late", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Late assessments")
    page.get_by_role("link", name="Children", exact=True).click()
    page.get_by_label("Child’s reference").fill("C1001")
    page.get_by_role("button", name="Find").click()
    expect(page).to_have_url(re.compile("/children/C1001/page$"))
    page.get_by_role("link", name="timeline", exact=True).click()
    expect(page).to_have_url(re.compile("/children/C1001/timeline$"))
