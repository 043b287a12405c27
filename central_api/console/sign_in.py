"""The two steps of signing in, and the way out (C1): number and password, then the digits of whoever has an authenticator."""

import re
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.params import FromQuery

from central_api import texts
from central_api.console import entry, site
from central_api.console.entry import Sent, Visiting
from central_api.context import Context, Served
from central_api.devices import repository as stores
from central_api.staff import service as staff
from central_api.staff import totp
from club.model import errors
from club.words.catalogue import Words
from club.words.catalogue import words as words_of

_TYPED = 128  # no staff number or password is longer; what is longer is not hashed
_OURS = re.compile(r"/console(/[A-Za-z0-9_-]+)*/?")
_LARGEST = 16 * 1024  # bytes of a form that anybody may send
_SECOND = f"{entry.SIGN_IN}/code"
_form = {"form": Provide(entry.read_form)}


@get("/sign-in", sync_to_thread=True)
def show(
    request: Request[Any, Any, Any],
    context: Served,
    lang: FromQuery[str] = "",
    next: FromQuery[str] = "",
    over: FromQuery[bool] = False,
) -> Response[bytes]:
    """The empty form; `over` says why somebody is back here. A language that is asked for stays with this browser."""
    words = words_of(lang) if lang else entry.words_before(request)
    answer = _page(words, next, message=words("console.sign-in.over") if over else "")
    if lang:
        answer.set_cookie(entry.language_cookie(context, words.language))
    return answer


@post("/sign-in", sync_to_thread=True, status_code=303, dependencies=_form, request_max_body_size=_LARGEST)
def sign_in(request: Request[Any, Any, Any], context: Served, form: Sent) -> Response[bytes]:
    """Open a session or ask for the digits, or say calmly that it is wrong without saying what."""
    words, back, number = entry.words_before(request), form.text("next"), form.text("number").strip()[:_TYPED]
    try:
        found = staff.sign_in(
            context.db,
            context.passwords,
            number=number,
            password=form.text("password")[:_TYPED],
            now=context.clock.now(),
            minutes=context.settings.sessions.staff_minutes,
        )
    except errors.SignInWrong:
        return _page(words, back, number=number, message=words("console.sign-in.wrong"))
    if not found.awaits_digits:
        return _let_in(context, found.token, back)
    answer = site.redirect(f"{_SECOND}?{_carried(back)}")
    answer.set_cookie(_cookie(context, _step_cookie(context), found.token, int(staff.SECOND_STEP.total_seconds())))
    return answer


@get("/sign-in/code", sync_to_thread=True)
def show_second(
    request: Request[Any, Any, Any], context: Served, lang: FromQuery[str] = "", next: FromQuery[str] = ""
) -> Response[bytes]:
    """Who is signing in, and the six boxes."""
    words = words_of(lang) if lang else entry.words_before(request)
    answer = _second_page(request, context, words, next)
    if lang:
        answer.set_cookie(entry.language_cookie(context, words.language))
    return answer


@post("/sign-in/code", sync_to_thread=True, status_code=303, dependencies=_form, request_max_body_size=_LARGEST)
def second(request: Request[Any, Any, Any], context: Served, form: Sent) -> Response[bytes]:
    """Open the session when the digits are right."""
    words, back = entry.words_before(request), form.text("next")
    try:
        token = staff.second_step(
            context.db,
            token=_step_token(request, context),
            digits=form.text("digits")[:16],
            now=context.clock.now(),
            minutes=context.settings.sessions.staff_minutes,
        )
    except errors.SessionEnded:
        return _start_again(back)
    except errors.SignInWrong as error:
        message = entry.sign_in_message(words, error, "console.sign-in.wrong-digits")
        return _second_page(request, context, words, back, message=message)
    answer = _let_in(context, token, back)
    answer.delete_cookie(_step_cookie(context), path="/")
    return answer


@post("/sign-in/other", sync_to_thread=True, status_code=303, dependencies=_form, request_max_body_size=_LARGEST)
def somebody_else(request: Request[Any, Any, Any], context: Served, form: Sent) -> Response[bytes]:
    """Forget the first step: it is not who stands here."""
    with context.db.write() as tx:
        staff.forget_first_step(tx, _step_token(request, context))
    answer = site.redirect(f"{entry.SIGN_IN}?{_carried(form.text('next'))}")
    answer.delete_cookie(_step_cookie(context), path="/")
    return answer


@post("/sign-out", sync_to_thread=True, status_code=303)
def sign_out(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """End the session, here and on the server."""
    with context.db.write() as tx:
        staff.sign_out(tx, visit.session, context.clock.now())
    answer = site.redirect(entry.SIGN_IN)
    answer.delete_cookie(entry.cookie_name(context), path="/")
    return answer


def _page(words: Words, back: str, *, number: str | None = None, message: str = "") -> Response[bytes]:
    return site.page(
        "sign-in.html",
        words,
        status=200 if number is None else 401,
        lang=words.language,
        next=back if _is_ours(back) else "",
        number=number or "",
        message=message,
    )


def _second_page(
    request: Request[Any, Any, Any], context: Context, words: Words, back: str, *, message: str = ""
) -> Response[bytes]:
    with context.db.read() as tx:
        person = staff.awaited(tx, _step_token(request, context), context.clock.now())
        store = stores.store(tx, person.stores[0]) if person is not None else None
    if person is None or store is None:
        return _start_again(back)
    details = words(
        "console.sign-in.who",
        store=texts.text(store.name).pick(words.language),
        number=person.number,
    )
    return site.page(
        "sign-in-code.html",
        words,
        status=401 if message else 200,
        lang=words.language,
        next=back if _is_ours(back) else "",
        name=person.name,
        details=details,
        message=message,
        step_s=totp.STEP_S,
        tries=staff.TRIES,
    )


def _start_again(back: str) -> Response[bytes]:
    return site.redirect(f"{entry.SIGN_IN}?{_carried(back)}&over=true")


def _let_in(context: Context, token: str, back: str) -> Response[bytes]:
    answer = site.redirect(back if _is_ours(back) else entry.HOME)
    answer.set_cookie(_cookie(context, entry.cookie_name(context), token, None))
    return answer


def _cookie(context: Context, name: str, value: str, seconds: int | None) -> Cookie:
    """A cookie that scripts and other sites do not get."""
    secure = entry.is_secure(context)
    return Cookie(key=name, value=value, path="/", max_age=seconds, secure=secure, httponly=True, samesite="lax")


def _step_cookie(context: Context) -> str:
    return f"{entry.cookie_name(context)}-step"


def _step_token(request: Request[Any, Any, Any], context: Context) -> str:
    return request.cookies.get(_step_cookie(context), "")


def _carried(back: str) -> str:
    """What goes along from step to step."""
    return urlencode({"next": back if _is_ours(back) else ""})


def _is_ours(path: str) -> bool:
    """Whether a page to go back to is one of the console's own: nobody is led elsewhere."""
    return _OURS.fullmatch(path) is not None


handlers = [show, sign_in, show_second, second, somebody_else, sign_out]
