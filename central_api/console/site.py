"""Turns page templates into answers: the Jinja environment, icons, static files, and the headers every page carries."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from club.resources import files
from club.words.catalogue import Words

_HERE = Path(__file__).resolve().parent
_STATIC = {
    "console.css": ("text/css", _HERE / "static" / "console.css"),
    "digits.js": ("text/javascript", _HERE / "static" / "digits.js"),
    "htmx.min.js": ("text/javascript", _HERE / "static" / "htmx.min.js"),
}
_ART = {
    "car.png": ("image/png", "ui/cars/sedan-night.png"),
    "mark.png": ("image/png", "ui/mark/mark-jade-128.png"),
}
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""No script and no style but our own files; nobody may frame a page."""


def page(template: str, words: Words, *, status: int = 200, **values: Any) -> Response[bytes]:
    """A page or a part of one, in the words of a language.

    Args:
        template: its file in `pages/`.
        words: becomes `t` in the template.
        status: of the answer.
        values: what else the template is given; a name it asks for and does not get is an error.
    """
    text = _environment().get_template(template).render(t=words, **values)
    headers = {**SECURITY_HEADERS, "cache-control": "no-store", "content-language": words.language}
    return Response(text.encode(), status_code=status, media_type="text/html", headers=headers)


def redirect(path: str) -> Response[bytes]:
    """Go on to another page with GET."""
    headers = {**SECURITY_HEADERS, "location": path, "cache-control": "no-store"}
    return Response(b"", status_code=303, media_type="text/html", headers=headers)


@get("/static/{name:str}", sync_to_thread=True, include_in_schema=False)
def static(name: FromPath[str]) -> Response[bytes]:
    """One of the files pages refer to, by a name that changes with its content (`?v=`)."""
    try:
        kind, data = _static(name)
    except KeyError as fault:
        raise NotFoundException(f"no such file: {name}") from fault
    headers = {**SECURITY_HEADERS, "cache-control": "public, max-age=86400"}
    return Response(data, media_type=kind, headers=headers)


@cache
def _static(name: str) -> tuple[str, bytes]:
    if name in _STATIC:
        kind, path = _STATIC[name]
        return kind, path.read_bytes()
    kind, art = _ART[name]
    return kind, files.art(art).read_bytes()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(icon=_icon, mark=_mark, static=_static_url, integrity=_integrity)
    return environment


@cache
def _icon(name: str) -> Markup:
    svg = files.art(f"icons/svg/{name}.svg").read_text(encoding="utf-8")
    # Drawings of our own, safe to stand in a page as they are.
    return Markup(svg.replace("<svg ", '<svg class="i" aria-hidden="true" ', 1))  # noqa: S704


@cache
def _mark() -> Markup:
    svg = files.art("ui/mark/mark.svg").read_text(encoding="utf-8")
    return Markup(svg.replace("<svg ", '<svg class="mark" aria-hidden="true" ', 1))  # noqa: S704


@cache
def _static_url(name: str) -> str:
    return f"/console/static/{name}?v={hashlib.sha256(_static(name)[1]).hexdigest()[:12]}"


@cache
def _integrity(name: str) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(_static(name)[1]).digest()).decode()
