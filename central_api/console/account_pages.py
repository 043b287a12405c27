"""The page of somebody's own account: who they are, and the authenticator they sign in with (C1)."""

from dataclasses import dataclass

from litestar import Response, get, post
from litestar.params import FromQuery

from central_api.activities import bound
from central_api.boards.content import BoundData
from central_api.console import entry, present, site
from central_api.console.entry import Sent, Visit, Visiting
from central_api.context import Context, Served
from central_api.staff import binding, totp
from club.model import errors
from club.words.catalogue import supported

_HERE = "/console/account"
_DONE = ("bound", "removed")
_TYPED = 128


@dataclass(frozen=True, slots=True)
class _Around:
    """What every page's frame says."""

    data: BoundData


@get("/account", sync_to_thread=True)
def show_account(context: Served, visit: Visiting, done: FromQuery[str] = "") -> Response[bytes]:
    """The account, with the next step of binding an authenticator."""
    return _page(context, visit, done=done if done in _DONE else "")


@post("/account/language", sync_to_thread=True, status_code=303)
def choose_language(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """Speak another language in this browser."""
    answer = site.redirect(_HERE)
    answer.set_cookie(entry.language_cookie(context, supported(form.text("lang"))))
    return answer


@post("/account/totp/start", sync_to_thread=True, status_code=303)
def start(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """Make a secret to be scanned; the password proves who sits here."""
    try:
        password = form.text("password")[:_TYPED]
        binding.start(context.db, context.passwords, visit.person.number, password, context.clock.now())
    except errors.SignInWrong as error:
        return _page(
            context, visit, message=entry.sign_in_message(visit.words, error, "console.account.wrong-password")
        )
    return site.redirect(_HERE)


@post("/account/totp/confirm", sync_to_thread=True, status_code=303)
def confirm(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """Bind it when the digits prove that the authenticator has the secret."""
    with context.db.write() as tx:
        bound_now = binding.confirm(tx, visit.person.number, form.text("digits")[:16], context.clock.now())
    if not bound_now:
        return _page(context, visit, message=visit.words("console.account.wrong-digits"))
    return site.redirect(f"{_HERE}?done=bound")


@post("/account/totp/cancel", sync_to_thread=True, status_code=303)
def cancel(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """Forget the secret that was shown."""
    with context.db.write() as tx:
        binding.drop_pending(tx, visit.person.number)
    return site.redirect(_HERE)


@post("/account/totp/remove", sync_to_thread=True, status_code=303)
def remove(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """Take it off, with password and digits."""
    password, digits = form.text("password")[:_TYPED], form.text("digits")[:16]
    try:
        binding.remove(context.db, context.passwords, visit.person.number, password, digits, context.clock.now())
    except errors.SignInWrong as error:
        return _page(context, visit, message=entry.sign_in_message(visit.words, error, "console.account.wrong-both"))
    return site.redirect(f"{_HERE}?done=removed")


def _page(context: Context, visit: Visit, *, message: str = "", done: str = "") -> Response[bytes]:
    number = visit.person.number
    with context.db.read() as tx:
        around = _Around(bound.read(tx, visit.person.stores[0], context.clock.now()))
        is_bound, secret = binding.is_bound(tx, number), binding.pending(tx, number)
    qr = present.qr(totp.address(secret, number, around.data.club.pick(visit.words.language))) if secret else ""
    return site.page(
        "account.html",
        visit.words,
        status=409 if message else 200,
        visit=visit,
        around=around,
        is_bound=is_bound,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        qr=qr,
        message=message,
        done=done,
    )


handlers = [show_account, choose_language, start, confirm, cancel, remove]
