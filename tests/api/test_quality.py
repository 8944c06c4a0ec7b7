"""What is answered about the record itself."""

from tests.api.posting import is_problem
from tests.reported import event, referral

HELD = {"family_name": "Quillfeather", "given_name": "Ottoline", "date_of_birth": "2011-11-11"}


def register(child, **data):
    return event("ChildRegistered", "2019-03-05", child, **data)


def listed(api, path, name, **asked):
    found, cursor = [], None
    while True:
        answer = api.get(path, params=asked | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()[name]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def test_contradictions_are_listed_with_the_number_that_dfe_knows_them_by(api, child):
    api.known(
        [
            referral("2019-03-05", child),
            referral("2019-03-06", child, referral_id="R-2", id=f"{child}-2"),
        ]
    )
    (one,) = listed(api, "/discrepancies", "discrepancies", child=child, as_at="2019-10-22")
    assert (one["code"], one["rule"], one["id"]) == ("REFERRALS_OVERLAP", "8820", f"{child}-2")
    assert listed(api, "/discrepancies", "discrepancies", child=child, as_at="2019-03-05") == []
    of_code = listed(
        api, "/discrepancies", "discrepancies", code="REFERRALS_OVERLAP", as_at="2019-10-22", limit=1
    )
    assert child in {one["child"] for one in of_code}
    timeline = api.get(f"/children/{child}/timeline").json()["entries"]
    assert [d["code"] for d in timeline[1]["discrepancies"]] == ["REFERRALS_OVERLAP"]


def test_two_references_of_one_child_are_listed_until_they_are_merged(api, child):
    other = f"{child}x"
    api.known([register(child, **HELD), register(other, **HELD)])
    asked = {"as_at": "2019-10-22"}
    pair = {"child": child, "other": other, "same": ["names_and_date_of_birth"]}
    assert pair in listed(api, "/possible-duplicates", "possible_duplicates", **asked)
    api.known([event("ChildMerged", "2019-04-01", other, into=child)])
    assert pair not in listed(api, "/possible-duplicates", "possible_duplicates", **asked)
    then = {"as_at": "2019-03-31"}
    assert pair in listed(api, "/possible-duplicates", "possible_duplicates", **then)


def test_a_cursor_that_was_not_given_is_refused(api):
    for cursor in ("nonsense", "W10", "é"):
        answer = api.get("/discrepancies", params={"cursor": cursor, "as_at": "2019-10-22"})
        assert is_problem(answer, 422, "invalid-question")
