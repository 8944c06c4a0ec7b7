"""The front door: children become known, contacts are received and decided, referrals follow."""

from datetime import timedelta

from services.simulate.household import PROMPTLY, Household, deck
from services.simulate.names import FAMILY, GIVEN
from services.simulate.practice import DECIDED_LATE

SOURCES = deck(
    (("police", "6"), 29), (("school", "2A"), 18), (("education services", "2B"), 3),
    (("GP", "3A"), 3), (("health visitor", "3B"), 5), (("school nurse", "3C"), 2),
    (("accident and emergency", "3E"), 4), (("hospital", "3F"), 5), (("parent", "1A"), 6),
    (("neighbour", "1B"), 2), (("the young person", "1C"), 1), (("housing", "4"), 2),
    (("children's social care", "5A"), 4), (("adult services", "5B"), 2), (("another authority", "5C"), 3),
    (("early help", "5D"), 3), (("probation", "7"), 3), (("charity", "8"), 3), (("anonymous", "9"), 2),
)  # fmt: skip
NEEDS = deck(
    ("N1", 55), ("N2", 8), ("N3", 3), ("N4", 9), ("N5", 14), ("N6", 4), ("N7", 1), ("N8", 1),
    ("N9", 1), ("N0", 4),
)  # fmt: skip
NOT_REFERRED = deck(("no_further_action", 5), ("advice", 4), ("early_help", 3))
OLDEST_DAYS = 6_300
UNBORN_DAYS = 90
EVENINGS = ("T18:05:00Z", "T18:40:00Z", "T19:25:00Z", "T20:10:00Z", "T21:35:00Z")


def register(household: Household, day: int) -> None:
    """The children become known: invented names, dates of birth up to 18 years ago or still to come."""
    draw, days = household.draw, household.days
    family_name = household.pick(FAMILY)
    each = []
    for _ in range(household.size):
        given_name = household.pick(GIVEN)
        born = day - int(OLDEST_DAYS * draw() ** 1.2) + UNBORN_DAYS
        when = (days.start + timedelta(days=born)).isoformat()
        birth = "expected_birth_on" if born > day else "date_of_birth"
        each.append(f',"{birth}":"{when}","family_name":"{family_name}","given_name":"{given_name}"')
    household.tell_each(day, "ChildRegistered", each)
    if household.size > 1:
        household.tell(day, "HouseholdJoined", f',"household_id":"{household.id}"')


def contact(household: Household, day: int, is_referred: bool) -> tuple[str, str, int]:
    """A contact and its decision. Returns its id, the DfE code of its source, and the day it was decided."""
    days, draw = household.days, household.draw
    contact_id = household.new("CT")
    source, code = household.pick(SOURCES)
    data = f',"contact_id":"{contact_id}","contact_source":"{source}"'
    is_evening = code == "6" and draw() < 0.4
    if is_evening:
        household.tell_at(day, household.pick(EVENINGS), "ContactReceived", data)
    else:
        household.tell(day, "ContactReceived", data)
    if household.often(DECIDED_LATE, day):
        wait = 2 + int(draw() * 8)
    else:
        wait = 1 if is_evening else int(draw() * 2)
    decided = max(day, days.after(day, wait))
    outcome = "referral" if is_referred else household.pick(NOT_REFERRED)
    household.tell(decided, "ContactDecided", f',"contact_id":"{contact_id}","outcome":"{outcome}"')
    return contact_id, code, decided


def further_contacts(household: Household, opened: int, closed: int) -> None:
    """Contacts about children whose case is open already: passed to their worker, and no new referral."""
    day = opened + 10 + int(household.draw() * 120)
    while day < closed and day <= household.last:
        contact(household, household.days.working[day], is_referred=False)
        day += 20 + int(household.draw() * 220)


def refer(household: Household, day: int, source: str, contact_id: str | None = None) -> str:
    """A referral received on a day. Returns its id."""
    referral = household.new("R")
    of_contact = f',"contact_id":"{contact_id}"' if contact_id else ""
    data = (
        f',"referral_id":"{referral}"{of_contact},"referral_source":"{source}"'
        f',"primary_need":"{household.pick(NEEDS)}","team_id":"{household.post.team}"'
    )
    if household.size > 1 and household.draw() < 0.4:
        data += f',"batch_id":"B-{household.id}-{household.told}"'
    household.tell(day, "ReferralReceived", data, household.pick(PROMPTLY))
    return referral


def decide(household: Household, day: int, referral: str, outcome: str) -> int:
    """The decision on a referral received on a day: within a working day, or late. Returns its day."""
    draw = household.draw
    wait = 2 + int(draw() * 6) if household.often(DECIDED_LATE, day) else int(draw() * 2)
    decided = max(day, household.days.after(day, wait))
    household.tell(
        decided,
        "ReferralDecided",
        f',"referral_id":"{referral}","outcome":"{outcome}","worker_id":"{household.post.manager}"',
    )
    return decided


def close(household: Household, day: int, referral: str, reason: str) -> None:
    """The referral closed for a DfE reason, and nobody's case any more."""
    household.tell(
        day, "ReferralClosed", f',"referral_id":"{referral}","reason":"{reason}"', household.pick(PROMPTLY)
    )
    household.release(day, "case closed")
