"""The pages in a real Chromium: who cannot see, point or run scripts gets the same answers."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow

AXE = Axe()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
CHILD = "/children/C1001/page"
MAY = f"{CHILD}?as_at=2019-05-20&known_at=2019-05-20&basis=entered"
PAGES = (
    "/overview",
    "/late",
    "/children?reference=C1",
    CHILD,
    MAY,
    "/children/QUIET/page?day=soon",
    "/children/HOSTILE/page",
    "/children/RULED/page",
    "/children/QUIET/page",
    "/figures",
    "/figures/assessments_by_duration",
    "/figures/nonsense",
    "/nowhere",
)
WIDTHS = (1280, 375)


def heard(page: Page) -> list[str]:
    """What the page writes on the console, and what it throws, but for the page itself being a 4xx."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"thrown: {error}"))
    return said


def without_refusals(said: list[str]) -> list[str]:
    return [line for line in said if "the server responded with a status of 40" not in line]


def opened_in_full(page: Page) -> None:
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()


def shows(page: Page, *numbers: str) -> None:
    """Returns once these are its figures; a page that is left is still there while the next is fetched."""
    expect(page.locator(".figure-number strong")).to_have_text(numbers)


@pytest.fixture(scope="module")
def same_page(browser: Browser) -> Iterator[Page]:
    """One that goes from address to address: to open another takes longer than to load what it shows."""
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_barrier_no_console_message_and_no_sideways_scroll(same_page: Page, site, path):
    page, said = same_page, heard(same_page)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(site + path)
    opened_in_full(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = AXE.run(page, options=RULES).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:300]) for rule in found] == []
    assert page.evaluate("window.broken") is None
    assert without_refusals(said) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_five_hundred_events_do_not_break_the_page(browser: Browser, site, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    said = heard(page)
    page.goto(site + "/children/MANY/page?span=all")
    expect(page.locator(".columns .event")).to_have_count(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    context.close()


def test_a_barrier_would_be_found(page: Page, site):
    page.goto(site + "/late")
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=\"/static/x.png\">')"
    )
    found = AXE.run(page, options=RULES).response["violations"]
    assert "image-alt" in [rule["id"] for rule in found]


def test_a_script_that_was_not_ours_would_be_refused(page: Page, site):
    said = heard(page)
    page.goto(site + "/late")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.broken = 1'}))"
    )
    assert page.evaluate("window.broken") is None
    assert any("Content Security Policy" in line for line in said)


def test_text_in_the_pictures_of_a_phone_is_not_below_11_pixels(browser: Browser, site):
    for width in (375, 700, 1090, 1280):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        for path in (CHILD, "/overview"):
            page.goto(site + path)
            smallest = page.evaluate(
                """() => Math.min(...[...document.querySelectorAll('svg text')]
                    .filter(text => text.checkVisibility())
                    .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
            )
            assert smallest >= 11, (path, width)
        context.close()


def test_moving_the_slider_shows_another_day_and_keeps_the_focus(page: Page, site):
    said = heard(page)
    page.goto(site + CHILD)
    slider = page.get_by_role("slider", name="Day shown")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.locator(".as-at-day strong")).to_have_text("21 October 2019")
    expect(page.locator(".as-at-bar")).to_have_class(re.compile("is-past"))
    expect(page).to_have_url(site + CHILD + "?as_at=2019-10-21&known_at=2019-10-21&basis=entered")
    slider.fill("77")
    expect(page.locator(".figure-number strong").nth(1)).to_have_text("51")
    shows(page, "14", "51", "37", "46")
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", "20 May 2019")
    expect(page.locator("#day")).to_have_value("20/5/2019")
    expect(page.locator("[role=status]")).to_have_text(
        re.compile("As of 20 May 2019: Recorded clock 14 working days")
    )
    expect(page.get_by_role("heading", name="Had happened by 20 May 2019, recorded later")).to_be_visible()
    slider.press("End")
    expect(page).to_have_url(site + CHILD)
    assert without_refusals(said) == []


def test_a_moved_slider_shows_the_same_as_the_address_it_leaves(page: Page, site):
    page.goto(site + CHILD)
    page.get_by_role("slider").fill("77")
    expect(page.locator(".figure-number strong").first).to_have_text("14")
    moved = page.locator("main").inner_html()
    page.reload()
    again = page.locator("main").inner_html()
    changing = re.compile(r'<p [^>]*role="status".*?</p>|<noscript>.*?</noscript>|value="[^"]*"', re.DOTALL)
    assert changing.sub("", moved) == changing.sub("", again)


def test_the_slider_keeps_to_what_we_now_know_where_that_is_shown(page: Page, site):
    page.goto(f"{site}{CHILD}?as_at=2019-10-22")
    page.get_by_role("slider").fill("77")
    expect(page).to_have_url(f"{site}{CHILD}?as_at=2019-05-20")
    expect(page.locator(".figure-number strong").nth(3)).to_have_text("9")


def test_the_arrows_step_to_days_with_something_recorded(page: Page, site):
    page.goto(site + MAY)
    page.locator("a[data-step=Next]").press("Enter")
    expect(page.locator(".as-at-day strong")).to_have_text("22 May 2019")
    page.locator("a[data-step=Previous]").click()
    expect(page.locator(".as-at-day strong")).to_have_text("14 May 2019")
    expect(page.get_by_role("slider")).to_have_value("71")


def test_a_lost_fragment_is_made_good_by_the_page_itself(page: Page, site):
    page.goto(site + CHILD)
    page.route("**/fragment*", lambda route: route.abort())
    page.get_by_role("slider").fill("77")
    expect(page).to_have_url(site + MAY)
    expect(page.locator(".figure-number strong").first).to_have_text("14")


def test_everything_can_be_reached_and_used_by_keyboard(page: Page, site):
    page.goto(site + CHILD)
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.getAttribute('class') || '') + '|' + document.activeElement.id"
            )
        )
    for wanted in ("govuk-skip-link", "slider", "day-input", "step", "mark", "govuk-link"):
        assert any(wanted in each for each in reached), wanted
    page.locator("#day").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("23 April 2019")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("as_at=2019-04-23&known_at=2019-04-23"))
    shows(page, "30", "33", "3", "28")


def test_what_has_the_focus_can_be_seen(page: Page, site):
    page.goto(site + CHILD)
    for selector in (
        "a.step[href]",
        ".slider",
        "#day",
        ".day-box button",
        ".jumps a",
        "a.mark",
        ".as-data a",
    ):
        place = page.locator(selector).locator("visible=true").first
        before = place.screenshot()
        place.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(place).to_be_focused()
        assert place.screenshot() != before, selector


def test_a_mark_leads_to_its_event(page: Page, site):
    page.goto(site + CHILD)
    mark = page.get_by_role("link", name="29 August 2019: Visit: seen alone (recorded 10 working days later")
    mark.locator("visible=true").first.press("Enter")
    expect(page.locator(".event:target")).to_contain_text("Recorded 10 working days later, 12 September 2019")


def test_the_picture_can_be_skipped(page: Page, site):
    page.goto(site + CHILD)
    page.get_by_role("link", name="Skip the picture").press("Enter")
    expect(page.locator("#events")).to_be_focused()


def test_a_crowded_picture_is_not_stepped_through(page: Page, site):
    page.goto(site + "/children/MANY/page?span=all")
    assert page.locator("a.mark:not([tabindex='-1'])").count() == 0


def test_it_all_works_without_javascript(browser: Browser, site):
    context = browser.new_context(
        java_script_enabled=False, locale="en-GB", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.goto(site + CHILD)
    expect(page.locator(".slider")).to_be_hidden()
    page.get_by_label("Date, like 22/10/2019").fill("20/5/2019")
    page.get_by_role("button", name="Go").click()
    expect(page).to_have_url(site + MAY)
    shows(page, "14", "51", "37", "46")
    page.get_by_role("link", name="what we now know had happened").click()
    shows(page, "14", "51", "37", "9")
    page.get_by_role("link", name="Next day with something happening").locator("visible=true").click()
    expect(page.locator(".as-at-day")).to_have_text("As of 22 May 2019")
    page.get_by_label("Date, like 22/10/2019").fill("30/2/2019")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a real date, like 22/10/2019")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="C1001").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Child C1001")
    context.close()


def test_a_bad_date_is_explained_beside_its_box(page: Page, site):
    page.goto(site + CHILD)
    page.locator("#day").fill("soon")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#day")).to_be_focused()
    expect(page.locator("#day")).to_have_value("soon")
    expect(page.locator("#day")).to_have_accessible_description("Error: Enter a real date, like 22/10/2019")
    assert page.title().startswith("Error: ")


def test_the_menu_of_a_phone_opens(browser: Browser, site):
    context = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(site + "/overview")
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Children", exact=True).tap()
    expect(page).to_have_url(site + "/children")
    context.close()


def test_a_list_can_be_paged_through(page: Page, site):
    page.goto(site + "/late")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(22)
    page.get_by_role("link", name="First page").click()
    expect(page.locator("tbody tr")).to_have_count(50)


def test_a_print_has_the_picture_and_no_controls(page: Page, site):
    page.goto(site + MAY)
    page.emulate_media(media="print")
    for hidden in (".slider-row", ".day-box", ".as-at-choices", ".govuk-service-navigation", ".lanes-wide"):
        expect(page.locator(hidden).first).to_be_hidden()
    for kept in (".as-at-day", ".lanes-medium", ".events", ".spans", ".figures"):
        expect(page.locator(kept).first).to_be_visible()


def test_with_the_readers_own_colours_late_and_in_time_are_told_apart(page: Page, site):
    page.emulate_media(forced_colors="active")
    page.goto(site + CHILD)
    fills = page.evaluate(
        """() => ['within', 'over', 'overdue', 'record'].map(look =>
            getComputedStyle(document.querySelector(`.lanes-wide .bar.${look}`)).fill)"""
    )
    assert len(set(fills)) == len(fills), json.dumps(fills)
    assert AXE.run(page, options=RULES).response["violations"] == []


def test_nothing_moves_for_those_who_asked_for_stillness(page: Page, site):
    page.emulate_media(reduced_motion="reduce")
    page.goto(site + CHILD)
    moving = page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter(each =>
            parseFloat(getComputedStyle(each).transitionDuration)
                || getComputedStyle(each).animationName !== 'none')
            .map(each => each.className.baseVal ?? each.className)"""
    )
    assert moving == []


def test_at_four_times_the_size_nothing_is_lost_sideways(browser: Browser, site):
    context = browser.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    for path in (CHILD, "/overview", "/late", "/children"):
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.locator(".as-at-bar").count() == 0 or "sticky" not in page.evaluate(
            "getComputedStyle(document.querySelector('.as-at-bar')).position"
        )
    context.close()
