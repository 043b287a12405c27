"""All routes of the console under `/console`, with what they share: the visit, the form, the answers to refusals."""

from litestar import Response, Router, get
from litestar.di import Provide
from litestar.params import FromPath

from central_api.console import (
    account_pages,
    board_pages,
    code_pages,
    device_orders,
    device_pages,
    entry,
    limit_pages,
    notice_pages,
    offline_pages,
    picture_routes,
    sign_in,
    site,
    task_pages,
)
from club.model import errors


@get("/", sync_to_thread=False)
def home() -> Response[bytes]:
    """The page one starts on."""
    return site.redirect(entry.HOME)


@get("/", sync_to_thread=False, include_in_schema=False)
def front_door() -> Response[bytes]:
    """Somebody typed the service's address into a browser: people belong to the console."""
    return site.redirect("/console")


@get("/{rest:path}", sync_to_thread=False)
def nowhere(rest: FromPath[str]) -> None:
    """Any other address below the console: told as a page, not as a problem for programs."""
    raise errors.NotFound(f"no such page: {rest}", kind="page", id=rest[:64])


router = Router(
    path="/console",
    route_handlers=[
        home,
        nowhere,
        site.static,
        *sign_in.handlers,
        *board_pages.handlers,
        *picture_routes.handlers,
        *device_pages.handlers,
        *device_orders.handlers,
        *account_pages.handlers,
        *notice_pages.handlers,
        *offline_pages.handlers,
        *limit_pages.handlers,
        *task_pages.handlers,
        *code_pages.handlers,
    ],
    dependencies={
        "visit": Provide(entry.provide_visit, sync_to_thread=True),
        "form": Provide(entry.provide_form),
    },
    exception_handlers=entry.HANDLERS,
    include_in_schema=False,
)
