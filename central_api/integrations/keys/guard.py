"""Lets a request in by its key, in the same job that answers it, so that no route of other programs runs unproved.

As with devices (`device_api.caller`): a route names its caller by a parameter `client` and by a decorator beneath its verb,
which also says what the key must be good for::

    @post("/bills", ...)
    @for_keys("bills.write")
    def bills(data: JSONBody[Bills], context: Served, client: KeyClient) -> ...
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from litestar import Request
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from central_api import problems
from central_api.context import Context
from central_api.integrations.keys import service
from central_api.integrations.keys.scopes import Scope
from central_api.integrations.keys.service import Client
from club.model import errors

R = TypeVar("R")
H = TypeVar("H", bound=HTTPRouteHandler)

_NEEDS = "needs_a_key_with"  # the attribute that a guarded route carries

KeyClient = NamedDependency[Client]
"""The program whose key the request carries; comes from `for_keys` alone."""


def for_keys(scope: Scope) -> Callable[[Callable[..., R]], Callable[..., Awaitable[R]]]:
    """A blocking route for whoever has a key with `scope`: it has a parameter `client`, and runs on the context's `upkeep`.

    Raises:
        TypeError: the route has no such parameter.
    """

    def guarded(route: Callable[..., R]) -> Callable[..., Awaitable[R]]:
        return _guarded(route, scope)

    return guarded


def all_guarded(handlers: Sequence[H]) -> list[H]:
    """`handlers`, each of which asks for a key, with their problems described.

    Raises:
        TypeError: one does not; the message names it.
    """
    for handler in handlers:
        if not hasattr(handler.fn, _NEEDS):
            raise TypeError(f"expected @for_keys on {handler.fn.__qualname__}, found none")
    return problems.documented(handlers)


def admit(context: Context, request: Request[Any, Any, Any], scope: Scope) -> Client:
    """The program that calls, if its key is good for `scope`; blocks on the database.

    Raises:
        KeyWrong: see `service.recognise`.
        TooManyGuesses: the same.
        NotAllowed: the key is good for other things.
    """
    address = request.client.host if request.client else ""
    header = request.headers.get("authorization", "")
    client = service.recognise(context.db, header, context.clock.now(), address=address)
    if scope not in client.scopes:
        raise errors.NotAllowed(f"expected a key with the scope {scope}, found one without", needs=scope)
    return client


def _guarded(route: Callable[..., R], scope: Scope) -> Callable[..., Awaitable[R]]:
    signature = inspect.signature(route)
    taken = set(signature.parameters)
    if "client" not in taken:
        raise TypeError(f"expected a parameter 'client' of {route.__qualname__}, found {', '.join(sorted(taken))}")

    @functools.wraps(route)
    async def admitted(*, request: Request[Any, Any, Any], **others: Any) -> R:
        context: Context = request.app.state.context
        given = {"context": context} if "context" in taken else {}

        def job() -> R:
            return route(client=admit(context, request, scope), **given, **others)

        return await context.upkeep.run(job)

    hidden = {"client", "context"}
    shown = [parameter for name, parameter in signature.parameters.items() if name not in hidden]
    shown.append(inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request[Any, Any, Any]))
    setattr(admitted, _NEEDS, scope)
    admitted.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    admitted.__annotations__ = {parameter.name: parameter.annotation for parameter in shown} | {
        "return": signature.return_annotation
    }
    return admitted
