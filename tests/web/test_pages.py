"""What each address answers."""

import re

import httpx
import pytest

from services.web import rendering
from services.web.pages import went_wrong

PAGES = (
    "/overview",
    "/late",
    "/late?timescale=contact_decision",
    "/figures/assessment_in_time?of=numerator&by_dates=recorded",
    "/figures/children_without_worker?cursor=50",
    "/children",
    "/children?reference=C1",
    "/children?reference=nobody",
    "/children/C1001/page",
    "/children/C1001/page?as_at=2019-05-20&known_at=2019-05-20&basis=entered",
    "/children/C1001/page?as_at=2019-05-20",
    "/children/HOSTILE/page",
    "/children/MANY/page?span=all",
    "/children/RULED/page",
    "/children/OLD-1/page",
    "/children/QUIET/page",
)


@pytest.fixture(scope="module")
def client(site):
    with httpx.Client(base_url=site, timeout=30) as found:
        yield found


@pytest.fixture(scope="module")
def empty_client(empty_site):
    with httpx.Client(base_url=empty_site, timeout=30) as found:
        yield found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_answered_under_the_strict_policy(client, path):
    reply = client.get(path)
    assert reply.status_code == 200
    assert reply.headers["content-security-policy"] == rendering.POLICY
    assert "unsafe" not in rendering.POLICY
    assert (reply.headers["cache-control"], reply.headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_style_or_handler_of_its_own(client, path):
    text = client.get(path).text
    assert not re.search(r"<[^>]*\s(style|on\w+)\s*=", text)
    assert text.count("<script") == 2
    assert "<style" not in text


@pytest.mark.parametrize("path", PAGES)
def test_the_day_that_stands_for_today_is_on_every_page(client, path):
    assert "Today stands at <strong>22 October 2019</strong>" in client.get(path).text


def test_no_day_stands_for_today_unless_one_is_set(empty_client):
    assert "Today stands at" not in empty_client.get("/overview").text


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(client, path):
    text = client.get(path).text
    ids = set(re.findall(r'\sid="([^"]+)"', text))
    links = {link.replace("&amp;", "&") for link in re.findall(r'(?:href|src|action)="([^"]+)"', text)}
    for link in sorted(links):
        if link.startswith("#"):
            assert link[1:] in ids, link
        else:
            assert client.get(link).status_code in (200, 303, 307), link


@pytest.mark.parametrize("path", PAGES)
def test_no_two_things_of_a_page_have_one_name(client, path):
    ids = re.findall(r'\sid="([^"]+)"', client.get(path).text)
    assert len(ids) == len(set(ids))


def test_the_policy_knows_the_script_of_the_page_template():
    assert "'sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw='" in rendering.POLICY


def test_the_front_leads_to_the_overview(client):
    assert client.get("/").headers["location"] == "/overview"


def test_a_day_typed_becomes_an_address_that_can_be_shared(client):
    reply = client.get("/children/C1001/page?day=20%2F5%2F2019&clock=assessment%3AR-1")
    assert reply.status_code == 303
    expected = "as_at=2019-05-20&known_at=2019-05-20&basis=entered&clock=assessment%3AR-1"
    assert reply.headers["location"] == f"/children/C1001/page?{expected}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/children/C1001/page?day=soon", "Enter a real date, like 22/10/2019"),
        ("/children/C1001/page?day=%3Cscript%3E", 'value="&lt;script&gt;"'),
        ("/children/C1001/page?as_at=2030-01-01", "The date must be today or in the past"),
        ("/children/C1001/page?as_at=x", "There is a problem"),
        ("/overview?as_at=x", "There is a problem with the address"),
        ("/late?cursor=x", "There is a problem with the address"),
        ("/late?timescale=x", "There is a problem with the address"),
        ("/children/C1001/page/fragment?as_at=x", "Enter a real date"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(client, path, words):
    reply = client.get(path)
    assert (reply.status_code, words in reply.text) == (400, True)


@pytest.mark.parametrize(
    "path",
    ["/children/NOBODY/page", "/children/NOBODY/page?as_at=x", "/children/NOBODY/page/fragment", "/nowhere"],
)
def test_what_is_not_there_is_said_to_be_missing(client, path):
    reply = client.get(path)
    assert (reply.status_code, "Page not found" in reply.text) == (404, True)


def test_a_fault_of_ours_has_a_page():
    assert went_wrong().status_code == 500


def test_a_reference_typed_in_full_leads_to_the_child(client):
    assert client.get("/children?reference=C1001").headers["location"] == "/children/C1001/page"


def test_the_late_list_goes_on_where_a_page_ends(client):
    first = client.get("/late").text
    second = client.get("/late?timescale=assessment&cursor=50").text
    assert "72 clocks past their limit" in first
    assert "cursor=50" in first
    assert len(re.findall(r"<tr", first)) == 51
    assert len(re.findall(r"<tr", second)) == 23
    assert "cursor=" not in second.replace("cursor=50", "")


def test_every_link_out_of_a_past_day_stays_on_it(client):
    asked = "as_at=2019-05-20&amp;known_at=2019-05-20&amp;basis=entered"
    text = client.get("/overview?" + asked.replace("&amp;", "&")).text
    assert f"/late?{asked}" in text
    assert f"/children/C1001/page?{asked}" in text


def test_static_files_are_named_after_what_is_in_them_and_kept(client):
    reply = client.get(f"{rendering.STATIC_PATH}/app.css")
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/old/app.css").status_code == 404
    assert client.get(f"{rendering.STATIC_PATH}/../vendor.py").status_code == 404


def test_an_authority_of_which_nothing_is_known_has_pages(empty_client):
    assert "No assessment is open" in empty_client.get("/overview").text
    assert "Nothing is late" in empty_client.get("/late").text
    assert empty_client.get("/children/C1001/page").status_code == 404


def test_hostile_text_is_escaped_everywhere(client):
    text = client.get("/children/HOSTILE/page").text
    assert "<script>window" not in text
    assert "&lt;script&gt;window.broken" in text
