"""The sign-in page, and the way out (C1)."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.params import FromQuery

from central_api.console import entry, site
from central_api.console.entry import Sent, Visiting
from central_api.context import Served
from central_api.staff import service as staff
from club.model import errors
from club.words.catalogue import words as words_of

_TYPED = 128  # no staff number or password is longer; what is longer is not hashed


@get("/sign-in", sync_to_thread=True)
def show(lang: FromQuery[str] = "zh-CN", next: FromQuery[str] = "") -> Response[bytes]:
    """The empty form."""
    return _page(lang, next)


@post("/sign-in", sync_to_thread=True, status_code=303, dependencies={"form": Provide(entry.read_form)})
def sign_in(request: Request[Any, Any, Any], context: Served, form: Sent) -> Response[bytes]:
    """Open a session, or say calmly what is wrong without saying which."""
    lang, back, number = form.text("lang", "zh-CN"), form.text("next"), form.text("number").strip()[:_TYPED]
    try:
        token = staff.sign_in(
            context.db,
            context.passwords,
            number=number,
            password=form.text("password")[:_TYPED],
            totp=form.text("totp")[:16],
            now=context.clock.now(),
            minutes=context.settings.sessions.staff_minutes,
        )
    except errors.SignInWrong as error:
        return _page(lang, back, number=number, error=error)
    answer = site.redirect(back if _is_ours(back) else entry.HOME)
    answer.set_cookie(
        Cookie(
            key=entry.cookie_name(context),
            value=token,
            path="/",
            secure=entry.is_secure(context),
            httponly=True,
            samesite="lax",
        )
    )
    return answer


@post("/sign-out", sync_to_thread=True, status_code=303)
def sign_out(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """End the session, here and on the server."""
    with context.db.write() as tx:
        staff.sign_out(tx, visit.session, context.clock.now())
    answer = site.redirect(entry.SIGN_IN)
    answer.delete_cookie(entry.cookie_name(context), path="/")
    return answer


def _page(lang: str, back: str, *, number: str = "", error: errors.SignInWrong | None = None) -> Response[bytes]:
    words = words_of(lang)
    message = ""
    if error is not None and error.number("locked"):
        message = words("console.sign-in.locked", minutes=error.number("locked"))
    elif error is not None:
        message = words("console.sign-in.wrong", tries=error.number("tries_left"))
    return site.page(
        "sign-in.html",
        words,
        status=401 if error else 200,
        lang=words.language,
        next=back if _is_ours(back) else "",
        number=number,
        message=message,
    )


def _is_ours(path: str) -> bool:
    """Whether a page to go back to is one of the console's own: nobody is led elsewhere."""
    return path.startswith("/console/") and "//" not in path and "\\" not in path


handlers = [show, sign_in, sign_out]
