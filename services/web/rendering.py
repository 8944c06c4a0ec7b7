"""Pages out of templates, under a strict content security policy."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.web import days, flag_sentences, histogram, timescale_names, trend

PRODUCT = "Case timeline"
STATIC = Path(__file__).parent / "static"


def _static_version() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


STATIC_PATH = f"/static/{_static_version()}"
"""Where the static files are: named after what is in them, so that they can be kept for ever."""

TEMPLATES = Environment(
    loader=ChoiceLoader(
        [
            FileSystemLoader(Path(__file__).parent / "templates"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    ),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals |= {"product": PRODUCT, "static": STATIC_PATH}
TEMPLATES.filters |= {
    "in_full": days.in_full,
    "iso_in_full": lambda text: days.in_full(date.fromisoformat(text)),
    "month_in_full": days.month_in_full,
    "as_typed": days.as_typed,
    "instant_in_full": days.instant_in_full,
    "timescale": timescale_names.name,
    "clock_status": timescale_names.status,
    "spaced": timescale_names.spaced,
    "flag_phrase": flag_sentences.phrase,
    "flag_sentence": flag_sentences.sentence,
    "flags_in_order": flag_sentences.in_order,
    "count_of": flag_sentences.count,
    "band": histogram.label,
    "percent": trend.percent,
}


def _inline_script_hash() -> str:
    # The page template of govuk-frontend marks the body as scripted with the one inline script we serve.
    page = TEMPLATES.get_template("error.html").render()
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script is not None
    return base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()


POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' 'sha256-{_inline_script_hash()}'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Addresses name children, so they are told to nobody.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page out of a template, every value escaped."""
    return HTMLResponse(TEMPLATES.get_template(template).render(**values), status, HEADERS)


class KeptFiles(StaticFiles):
    """Static files under a path that changes with them."""

    def file_response(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def wants_page(scope: Scope) -> bool:
    """Whether a request is a browser's, and a page would be a better answer to it than data."""
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    return b"text/html" in headers.get(b"accept", b"")
