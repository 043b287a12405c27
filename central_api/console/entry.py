"""Who is asking: the session behind a request, its forms proven to come from our own pages, and answers to refusals (C1)."""

import logging
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException

from central_api.console import site
from central_api.context import Context, Served
from central_api.problems import status_of
from central_api.staff import roles
from central_api.staff import service as staff
from club.model import errors
from club.words.catalogue import LANGUAGES, SOURCE, Words
from club.words.catalogue import words as words_of

HOME = "/console/boards"
SIGN_IN = "/console/sign-in"
WATCHED = "/console/devices/fleet"
"""Fetched by the page itself again and again: that nobody closes a page must not keep its session alive."""
_WATCHED_DEVICE = "/console/devices/"
LANGUAGE = "club-language"
"""The cookie of a language chosen by hand; without it everybody reads their own."""
_YEAR_S = 365 * 24 * 3600
_log = logging.getLogger(__name__)


class SignInNeeded(Exception):
    """There is no session, or it has ended."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by somebody signed in."""

    session: staff.Session
    words: Words

    @property
    def person(self) -> staff.Person:
        """Who it is."""
        return self.session.person

    def may(self, right: roles.Right) -> bool:
        """Whether their roles allow it."""
        return roles.may(self.person.roles, right)

    def need(self, right: roles.Right) -> None:
        """Refuse unless their roles allow it.

        Raises:
            NotAllowed: they do not. Facts: needs.
        """
        if not self.may(right):
            raise errors.NotAllowed(f"expected a role with the right {right}", needs=right)


@dataclass(frozen=True, slots=True)
class Form:
    """What a page sent: its fields, and the files in it (name and bytes)."""

    fields: dict[str, list[str]]
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return self.fields.get(name, [default])[0]

    def number(self, name: str) -> int:
        """A whole number.

        Raises:
            Malformed: the field holds something else.
        """
        value = self.text(name)
        if not value.isascii() or not value.isdecimal() or len(value) > 9:
            raise errors.Malformed(f"expected a whole number in {name}, found {value!r}", field=name)
        return int(value)


Visiting = NamedDependency[Visit]
"""What a page's `visit` parameter is annotated with; such pages are for people signed in only."""

Sent = NamedDependency[Form]
"""What a page's `form` parameter is annotated with; the form is proven to be ours before the page sees it."""


def cookie_name(context: Context) -> str:
    """The session cookie's name; over HTTPS the browser itself holds it to this host."""
    return "__Host-club" if is_secure(context) else "club"


def is_secure(context: Context) -> bool:
    """Whether people reach the console over HTTPS."""
    http = context.settings.http
    return http.session_cookie_secure or http.public_url.startswith("https:")


def chosen_language(request: Request[Any, Any, Any]) -> str:
    """The language somebody chose for the console in this browser; empty: nobody did."""
    asked = request.cookies.get(LANGUAGE, "")
    return asked if asked in LANGUAGES else ""


def words_before(request: Request[Any, Any, Any]) -> Words:
    """The words for somebody who is not signed in yet."""
    return words_of(chosen_language(request) or SOURCE)


def language_cookie(context: Context, language: str) -> Cookie:
    """Keeps a chosen language in this browser for a year, signed in or not; it says nothing of the person."""
    secure = is_secure(context)
    return Cookie(key=LANGUAGE, value=language, path="/", max_age=_YEAR_S, secure=secure, httponly=True, samesite="lax")


def provide_visit(request: Request[Any, Any, Any], context: Served) -> Visit:
    """The visit behind a request.

    Raises:
        SignInNeeded: nobody is signed in.
    """
    token = request.cookies.get(cookie_name(context), "")
    now = context.clock.now()
    with context.db.read() as tx:
        found = staff.session(tx, token, now) if token else None
    if found is None:
        raise SignInNeeded
    language = request.state.language = chosen_language(request) or found.person.language
    if now - found.seen_at >= staff.SEEN_EVERY and not _is_watched(request.scope["path"]):
        with context.db.write() as tx:
            staff.keep_alive(tx, found.token_sha256, now, context.settings.sessions.staff_minutes)
    return Visit(found, words_of(language))


def _is_watched(path: str) -> bool:
    return path == WATCHED or (path.startswith(_WATCHED_DEVICE) and path.endswith("/lines"))


async def provide_form(request: Request[Any, Any, Any], context: Served, visit: Visiting) -> Form:
    """A form of one of our pages.

    Raises:
        NotAllowed: it comes from elsewhere or does not carry the session's token. Facts: needs.
    """
    form = await read_form(request, context)
    if not secrets.compare_digest(form.text("csrf").encode(), visit.session.csrf.encode()):
        raise errors.NotAllowed("expected the session's form token", needs="csrf")
    return form


async def read_form(request: Request[Any, Any, Any], context: Served) -> Form:
    """The fields and files a page sent.

    Raises:
        NotAllowed: the browser says that another site sent it. Facts: needs.
    """
    if not _same_origin(request, context):
        raise errors.NotAllowed("expected a form of our own pages", needs="origin")
    data = await request.form()
    fields: dict[str, list[str]] = {}
    uploads = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            uploads[name] = (value.filename, await value.read())
        else:
            fields.setdefault(name, []).append(str(value))
    return Form(fields, uploads)


def _same_origin(request: Request[Any, Any, Any], context: Context) -> bool:
    site_of = request.headers.get("sec-fetch-site")
    if site_of is not None:
        return site_of == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True  # not a browser of today; the form's token decides
    own = {request.headers.get("host", ""), urlsplit(context.settings.http.public_url).netloc}
    return urlsplit(origin).netloc in own - {""}


def on_sign_in_needed(request: Request[Any, Any, Any], error: SignInNeeded) -> Response[bytes]:
    """Lead to the sign-in page and, for a page that was asked for, back again."""
    if "hx-request" in request.headers:
        return site.page("notice.html", _words(request), status=401, text="console.error.signed-out", link=SIGN_IN)
    path = request.scope["path"]
    back = f"?next={quote(path)}" if request.method == "GET" and path.startswith("/console/") else ""
    return site.redirect(SIGN_IN + back)


def on_club_error(request: Request[Any, Any, Any], error: errors.ClubError) -> Response[bytes]:
    """A refusal, told calmly; the code goes to the log and, small, onto the page."""
    _log.info("%s %s refused: %s %s", request.method, request.scope["path"], error.code, dict(error.facts))
    return _told(request, error.code, status_of(error))


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses: no such page, too large a file."""
    code = {404: "not_found", 413: "too_large"}.get(error.status_code, "malformed")
    return _told(request, code, error.status_code)


def on_unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Anything else: the page has a reference, the log what happened."""
    reference = secrets.token_hex(4)
    _log.error("reference %s: %s %s failed", reference, request.method, request.scope["path"], exc_info=error)
    return _told(request, "unforeseen", 500, reference)


def _told(request: Request[Any, Any, Any], code: str, status: int, reference: str = "") -> Response[bytes]:
    words = _words(request)
    key = f"console.error.{code}"
    text = key if words.has(key) else "console.error.other"
    if "hx-request" in request.headers:
        return site.page("notice.html", words, status=status, text=text, link="")
    return site.page("error.html", words, status=status, text=text, code=code, reference=reference, home=HOME)


def sign_in_message(words: Words, error: errors.SignInWrong, wrong: str) -> str:
    """What somebody is told who typed a wrong password or wrong digits; `wrong` is the key of that sentence."""
    if error.number("locked"):
        return words("console.sign-in.locked", minutes=error.number("locked"))
    return words(wrong, tries=error.number("tries_left"))


def _words(request: Request[Any, Any, Any]) -> Words:
    """The words of who is signed in; what this browser chose, or Chinese, before anybody is."""
    language = getattr(request.state, "language", "")
    return words_of(language) if language else words_before(request)


HANDLERS: dict[int | type[Exception], Any] = {
    SignInNeeded: on_sign_in_needed,
    errors.ClubError: on_club_error,
    HTTPException: on_http_error,
    Exception: on_unforeseen,
}
