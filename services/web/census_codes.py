"""The codes of the children in need census in words.

Source: the Department for Education's CIN census schema, 2024 to 2025 (CIN_schema_2025.xsd).
"""

REFERRAL_SOURCES = {
    "1A": "family member, relative or carer",
    "1B": "acquaintance",
    "1C": "the child",
    "1D": "another individual",
    "2A": "school",
    "2B": "education services",
    "3A": "general practitioner",
    "3B": "health visitor",
    "3C": "school nurse",
    "3D": "other primary health services",
    "3E": "accident and emergency",
    "3F": "other health services",
    "4": "housing",
    "5A": "local authority social care",
    "5B": "another local authority department",
    "5C": "another local authority",
    "5D": "early help",
    "6": "police",
    "7": "other legal agency",
    "8": "other agency",
    "9": "anonymous",
    "10": "unknown",
}

PRIMARY_NEEDS = {
    "N0": "not stated",
    "N1": "abuse or neglect",
    "N2": "child’s disability",
    "N3": "parental disability or illness",
    "N4": "family in acute stress",
    "N5": "family dysfunction",
    "N6": "socially unacceptable behaviour",
    "N7": "low income",
    "N8": "absent parenting",
    "N9": "cases other than children in need",
}

CLOSURES = {
    "RC1": "adopted",
    "RC2": "died",
    "RC3": "child arrangements order",
    "RC4": "special guardianship order",
    "RC5": "transferred to another local authority",
    "RC6": "transferred to adult social care",
    "RC7": "services ceased for another reason",
    "RC8": "closed after assessment, no further action",
    "RC9": "closed after assessment, referred to early help",
}

CATEGORIES = {
    "NEG": "neglect",
    "PHY": "physical abuse",
    "SAB": "sexual abuse",
    "EMO": "emotional abuse",
    "MUL": "multiple",
}

BY_FIELD = {
    "referral_source": REFERRAL_SOURCES,
    "primary_need": PRIMARY_NEEDS,
    "reason": CLOSURES,
    "category": CATEGORIES,
}


def in_words(field: str, value: str) -> str:
    """A code after what it means, ``neglect (NEG)``; other values as they are."""
    words = BY_FIELD.get(field, {}).get(value)
    return f"{words} ({value})" if words else value
