"""Names that nobody has."""

GIVEN = (
    "Abacus", "Bramblet", "Cobblewyn", "Dapplin", "Elderkin", "Fennimoss", "Gossamy", "Harrowby", "Inkling",
    "Juniperly", "Kittiwick", "Larkspurn", "Mossibel", "Nettlewyn", "Orlop", "Pipkin", "Quillon", "Rushlight",
    "Saffrony", "Thimblet", "Umberlin", "Vesperly", "Willowby", "Yarrowyn", "Zephyrel",
)  # fmt: skip
FAMILY = (
    "Allmadeup", "Bogusworth", "Conjuredale", "Dreamtupp", "Examplewick", "Fictley", "Guesswater", "Hypothet",
    "Imagindale", "Justpretend", "Kindofton", "Legendby", "Mockingham", "Nowherby", "Onpaperly",
    "Pretendle", "Quasiford", "Rehearsby", "Sampleton", "Testbury", "Unrealby", "Voidmoor", "Whatifley",
)  # fmt: skip
