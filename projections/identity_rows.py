"""By what each child could be known under another reference too, without a name in the clear."""

import unicodedata
from dataclasses import dataclass

from domain.identity import ChildRegistered, ChildUnmerged
from projections.projection import Case, Projection

NHS_NUMBER, NAMES_AND_BIRTH, TOLD_APART = "nhs_number", "names_and_date_of_birth", "told_apart"
NHS_DIGITS = 10


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """What a child shares with whoever is the same child: ``digest`` is keyed, ``by`` says of what.

    Where two references were told to be two children after all, ``digest`` is the other reference.
    """

    child: str
    by: str
    digest: str


def rows(case: Case) -> list[IdentityRow]:
    """A row for each NHS number, and each pair of names with a date of birth, ever told of a child.

    None without a key to compare under, nor for what was erased.
    """
    if case.keyed is None:
        return []
    found: dict[tuple[str, str], None] = {}
    for told in case.told("ChildRegistered", "ChildUnmerged"):
        fact = told.fact
        if isinstance(fact, ChildUnmerged):
            found[(TOLD_APART, fact.from_)] = None
        elif isinstance(fact, ChildRegistered):
            number = "".join(c for c in fact.nhs_number or "" if c in "0123456789")
            if len(number) == NHS_DIGITS:
                found[(NHS_NUMBER, case.keyed(f"{NHS_NUMBER} {number}"))] = None
            names = [plain(fact.family_name or ""), plain(fact.given_name or "")]
            if all(names) and fact.date_of_birth is not None:
                whole = f"{NAMES_AND_BIRTH} {names[0]}/{names[1]}/{fact.date_of_birth.isoformat()}"
                found[(NAMES_AND_BIRTH, case.keyed(whole))] = None
    return [IdentityRow(case.figures.child, by, digest) for by, digest in sorted(found)]


def plain(name: str) -> str:
    """A name without what people write differently: capitals, accents, spaces, hyphens and apostrophes."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in apart if c.isalnum())


identity_rows: Projection[IdentityRow] = Projection(name="identities", version=1, row=IdentityRow, rows=rows)
