"""Fetch govuk-frontend with npm and keep the two files we serve: ``python -m services.web.vendor``.

The compiled stylesheet names a typeface and a crest that only GOV.UK may use, so three substitutions
are made: our own typefaces for theirs, no web font, no crest.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

NAME = "govuk-frontend"
VERSION = "6.6.0"
INTEGRITY = "sha512-xctkWrQvLnvQt7fyjQ3MGX9S0wz0x0RQuLxCeoXF+s8EjGICG81/DYQGKN5qgO+0KVT12UAaRwUsGY6fulRcRg=="
TYPEFACES = '"Helvetica Neue",Arial,"Liberation Sans",sans-serif'
STATIC = Path(__file__).parent / "static"

SUBSTITUTIONS = (
    (re.compile(r"@font-face\{[^}]*GDS Transport[^}]*\}"), ""),
    (re.compile(r"GDS Transport,arial,sans-serif"), TYPEFACES),
    (re.compile(r"url\(/assets/images/govuk-crest\.svg\)"), "none"),
)


def rebranded(stylesheet: str) -> str:
    """The stylesheet without GOV.UK's typeface and crest. Raises ValueError where one is not found."""
    for pattern, replacement in SUBSTITUTIONS:
        stylesheet, count = pattern.subn(replacement, stylesheet)
        if not count:
            raise ValueError(f"{pattern.pattern} was not found; {NAME} has changed, so look at it again")
    return stylesheet


def packed(folder: Path) -> Path:
    """The package as npm gives it, in ``folder``. Raises ValueError where it is not the one we reviewed."""
    reply = subprocess.run(
        ["npm", "pack", f"{NAME}@{VERSION}", "--json", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    tarball = folder / str(json.loads(reply.stdout)[0]["filename"])
    digest = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise ValueError(f"{tarball.name} is {digest}, and not {INTEGRITY}")
    return tarball


def vendor() -> None:
    """Write the stylesheet and the script into ``static/``, and print the line of each for VENDORED.md."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(packed(Path(folder))) as package:
        for suffix in ("css", "js"):
            member = package.extractfile(f"package/dist/govuk/{NAME}.min.{suffix}")
            assert member is not None
            text = member.read().decode()
            text = rebranded(text) if suffix == "css" else text
            text = re.sub(r"\n?(/\*|//)# sourceMappingURL=[^\n]*", "", text).rstrip() + "\n"
            target = STATIC / f"{NAME}.min.{suffix}"
            target.write_text(text)
            print(f"| `static/{target.name}` | {hashlib.sha256(target.read_bytes()).hexdigest()} |")


if __name__ == "__main__":
    vendor()
