"""Who calls: proves whose a signed request is in the same job that answers it, so that no route runs unproved.

A route names its caller by a parameter, `device` or `kiosk`, and by a decorator beneath its verb::

    @get("/snapshot")
    @for_devices
    def snapshot(context: Served, device: EnrolledDevice) -> ...

The framework is shown `signed` in the parameter's place and knows of nothing that provides a `device` or a `kiosk`: a route
that takes one without its decorator keeps the service from starting, and so does one that takes neither (`all_proved`).
Proof and answer are one job on one thread, for each hand-over from thread to thread costs a tap some milliseconds when the
machine is busy.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from central_api import problems
from central_api.context import Context
from central_api.db import Tx
from central_api.devices import service as devices
from central_api.devices.enrolled import Device
from central_api.devices.known import KnownDevice
from central_api.rewards.commands import DeviceChanged
from central_api.security import signatures
from central_api.security.signatures import SignedRequest
from club.model import errors
from club.wire import signing

R = TypeVar("R")
H = TypeVar("H", bound=HTTPRouteHandler)

_LONGEST_VERSION = 4  # digits
_LONGEST_TOKEN = 200
_PROOF = "proves_its_caller_by"  # the attribute that a route with a proof carries
_GUESSES = 3  # at who a device is, each against the database after the first

# As a request's headers are named.
_VERSION, _DEVICE, _SIGNED_AT, _SIGNATURE, _KEY = (
    name.lower().encode("ascii")
    for name in (
        signing.VERSION_HEADER,
        signing.DEVICE_HEADER,
        signing.SIGNED_AT_HEADER,
        signing.SIGNATURE_HEADER,
        signing.KEY_HEADER,
    )
)

Signed = NamedDependency[SignedRequest]
"""The request as it was signed; nothing proved yet."""

EnrolledDevice = NamedDependency[Device]
"""The device that signed it; comes from `for_devices` alone."""

Kiosk = NamedDependency[Device]
"""The kiosk that signed it; comes from `for_kiosks`, `for_commands` and `for_gathered_commands` alone. Routes of members and their cards take one and
refuse displays, which hang in public (X2)."""


KnownKiosk = NamedDependency[KnownDevice]
"""The same with the key its signature was proved by; comes from `for_gathered_commands` alone."""


def for_devices(route: Callable[..., R]) -> Callable[..., Awaitable[R]]:
    """A blocking route of every enrolled device: it has a parameter `device`, and runs on the context's `upkeep`.

    A token does in place of a signature (ADR 0014): these are a device's own reads and heartbeats.
    """
    return _proving(route, "device", _any_device, _on_upkeep)


def for_signers(route: Callable[..., R]) -> Callable[..., Awaitable[R]]:
    """As `for_devices`, but only a signature will do."""
    return _proving(route, "device", known_device, _on_upkeep)


def for_challenged(route: Callable[..., R]) -> Callable[..., Awaitable[R]]:
    """As `for_signers`, whatever the clock of whoever signed says: the route asks for another proof of when it was."""
    return _proving(route, "device", _any_age, _on_upkeep)


def for_kiosks(route: Callable[..., R]) -> Callable[..., Awaitable[R]]:
    """A blocking route of a tap: it has a parameter `kiosk`, and runs on the context's `taps`."""
    return _proving(route, "kiosk", _kiosk, _on_taps)


def for_commands(route: Callable[..., R]) -> Callable[..., Awaitable[R]]:
    """As `for_kiosks`, for a command: it carries an idempotency key, and may arrive long after it was signed."""
    return _proving(route, "kiosk", _commander, _on_taps)


def for_gathered_commands(route: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
    """As `for_commands`, for a coroutine that gathers what many kiosks send: no thread of its own, nor a question to the database.

    It takes `kiosk` as a `KnownDevice`, kept from an earlier command, and has to see in its own transaction that the device
    is still that one: it raises `DeviceChanged` when not, and is then run once more with the device as it is now.
    """
    signature = _with_parameter(route, "kiosk")

    @functools.wraps(route)
    async def proved(*, request: Request[Any, Any, Any], **others: Any) -> R:
        context: Context = request.app.state.context
        signed = signed_parts(request.scope, await request.body())
        return await as_known(
            context, signed, lambda known: route(kiosk=known, context=context, signed=signed, **others)
        )

    return _as_route(proved, signature, {"kiosk", "context", "signed"}, _known_commander)


async def as_known(context: Context, signed: SignedRequest, act: Callable[[KnownDevice], Awaitable[R]]) -> R:
    """What `act` gives for the kiosk that signed a command; once more with the device as it is now when that was another.

    Raises:
        ClubError: it was signed by no kiosk of ours.
        Unavailable: the device changes all the time.
    """
    for _ in range(_GUESSES):
        known = await _known_commander(context, signed)
        try:
            return await act(known)
        except DeviceChanged:
            context.known.forget(signed.device)
    raise errors.Unavailable("expected a device that stays as it is while it is asked, found it changing; try again")


def all_proved(handlers: Sequence[H], *, besides: Sequence[H]) -> list[H]:
    """`handlers`, each with a proof of its caller and its problems described; `besides` see to their proof themselves.

    Raises:
        TypeError: one has no proof; the message names it.
    """
    for handler in handlers:
        if handler not in besides and not hasattr(handler.fn, _PROOF):
            raise TypeError(
                f"expected a proof of the caller, such as @for_devices, @for_kiosks or @for_commands, on "
                f"{handler.fn.__qualname__}, found none"
            )
    return problems.documented(handlers)


def signed_parts(scope: Scope, body: bytes) -> SignedRequest:
    """The signed parts of a request.

    Args:
        scope: of the request; of a header that comes twice the first counts.
        body: all of it.

    Raises:
        DeviceUnknown: the headers of a signed request are missing.
        Malformed: its version of the wire is no number.
        WireUnknown: it speaks a version that this service does not.
    """
    headers = dict(reversed(list(scope["headers"])))

    def header(name: bytes, absent: str = "") -> str:
        return headers[name].decode("latin-1") if name in headers else absent

    wire = _wire(header(_VERSION, str(signing.WIRE_VERSION)))
    scheme, _, token = header(b"authorization").partition(" ")
    token = token[:_LONGEST_TOKEN] if scheme == signing.AUTH_SCHEME else ""
    device, signed_at, signature = header(_DEVICE), header(_SIGNED_AT), header(_SIGNATURE)
    if not token and not (device and signed_at and signature):
        raise errors.DeviceUnknown(
            f"expected a request signed by a device ({signing.SIGNATURE_HEADER}), found an unsigned one"
        )
    query = scope["query_string"].decode("latin-1")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    return SignedRequest(
        method=str(scope.get("method", "GET")),
        target=f"{path}?{query}" if query else path,
        body=body,
        device=device,
        signed_at=signed_at,
        signature=signature,
        key=header(_KEY),
        token=token,
        wire=wire,
    )


def _wire(version: str) -> int:
    oldest, newest = signing.OLDEST_WIRE_VERSION, signing.WIRE_VERSION
    if not (version.isascii() and version.isdecimal()) or len(version) > _LONGEST_VERSION:
        raise errors.Malformed(f"expected a version of the wire, found {version[:8]!r}")
    if not oldest <= int(version) <= newest:
        raise errors.WireUnknown(
            f"expected a wire version from {oldest} to {newest}, found {version}; update the older side",
            oldest=oldest,
            newest=newest,
        )
    return int(version)


def known_device(
    context: Context, signed: SignedRequest, *, may_be_old: bool = False, any_age: bool = False, tokens: bool = False
) -> Device:
    """The enrolled device that signed a request; blocks on the database (see `devices.service.authenticate`)."""
    with context.db.read() as tx:
        return _proved(context, tx, signed, may_be_old=may_be_old, any_age=any_age, tokens=tokens).device


def _proved(
    context: Context,
    tx: Tx,
    signed: SignedRequest,
    *,
    may_be_old: bool = False,
    any_age: bool = False,
    tokens: bool = False,
) -> devices.Proved:
    return devices.authenticate(
        tx,
        signed,
        context.clock.now(),
        skew_s=context.settings.sessions.signature_skew_s,
        may_be_old=may_be_old,
        any_age=any_age,
        tokens_by=context.keyring if tokens else None,
    )


def _any_device(context: Context, signed: SignedRequest) -> Device:
    return known_device(context, signed, tokens=True)


def _any_age(context: Context, signed: SignedRequest) -> Device:
    return known_device(context, signed, any_age=True)


async def _signed(request: Request[Any, Any, Any]) -> SignedRequest:
    return signed_parts(request.scope, await request.body())


signed_dependency = Provide(_signed)
"""What provides `signed`; there is none for `device` and `kiosk`, see above."""


def _kiosk(context: Context, signed: SignedRequest) -> Device:
    return _must_be_kiosk(known_device(context, signed))


def _commander(context: Context, signed: SignedRequest) -> Device:
    _must_have_key(signed)
    return _must_be_kiosk(known_device(context, signed, may_be_old=True))


def _must_have_key(signed: SignedRequest) -> None:
    if not signed.key:
        raise errors.Malformed(f"expected an {signing.KEY_HEADER} with a command, found none")


async def _known_commander(context: Context, signed: SignedRequest) -> KnownDevice:
    """The kiosk that signed a command, by its newest key when it is known; the database is asked when that does not fit."""
    known: KnownDevice | None = context.known.get(signed.device)
    if known is not None and signed.key:
        try:
            signatures.prove_with(signed, known.key)
        except errors.SignatureWrong:
            context.known.forget(signed.device)
        else:
            return known

    def ask() -> tuple[KnownDevice, bool]:
        _must_have_key(signed)
        with context.db.read() as tx:  # of one moment: the key is the one it was proved with
            found = _proved(context, tx, signed, may_be_old=True)
        key = signatures.read_key(found.key)
        return KnownDevice(_must_be_kiosk(found.device), found.newest, key), found.key == found.newest

    asked, by_newest = await context.taps.run(ask)
    if (
        by_newest
    ):  # the key before may be ended at any moment, which no transaction notices: it compares the newest alone
        context.known.put(signed.device, asked)
    return asked


def _must_be_kiosk(device: Device) -> Device:
    if device.kind != "kiosk":
        raise errors.NotAllowed(f"expected a kiosk, found a {device.kind}", needs="kiosk")
    return device


async def _on_upkeep(context: Context, job: Callable[[], R]) -> R:
    return await context.upkeep.run(job)


async def _on_taps(context: Context, job: Callable[[], R]) -> R:
    return await context.taps.run(job)


def _proving(
    route: Callable[..., R],
    caller: str,
    prove: Callable[[Context, SignedRequest], Device],
    run: Callable[[Context, Callable[[], R]], Awaitable[R]],
) -> Callable[..., Awaitable[R]]:
    """`route` as a coroutine that proves its caller first.

    Args:
        route: blocking; takes `context` and `caller`, and `signed` when it likes.
        caller: the name of the parameter that is given the proved device.
        prove: finds the device or refuses.
        run: takes the job to its thread.

    Raises:
        TypeError: the route has no such parameter; whom it is for would stand nowhere.
    """
    signature = _with_parameter(route, caller)
    taken = set(signature.parameters)

    @functools.wraps(route)
    async def proved(*, request: Request[Any, Any, Any], **others: Any) -> R:
        context: Context = request.app.state.context
        signed = signed_parts(request.scope, await request.body())
        given = {
            name: value
            for name, value in (("context", context), ("signed", signed), ("request", request))
            if name in taken
        }

        def job() -> R:
            return route(**{caller: prove(context, signed)}, **given, **others)

        return await run(context, job)

    return _as_route(proved, signature, {caller, "context", "signed", "request"}, prove)


def _with_parameter(route: Callable[..., Any], caller: str) -> inspect.Signature:
    signature = inspect.signature(route)
    if caller not in signature.parameters:
        found = ", ".join(sorted(signature.parameters))
        raise TypeError(f"expected a parameter {caller!r} of {route.__qualname__}, found {found}")
    return signature


def _as_route(
    proved: Callable[..., Awaitable[R]], signature: inspect.Signature, hidden: set[str], proof: Callable[..., Any]
) -> Callable[..., Awaitable[R]]:
    """Show the framework a proved route without what only its proof can give, and with the request the proof needs."""
    shown = [parameter for name, parameter in signature.parameters.items() if name not in hidden]
    shown.append(inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request[Any, Any, Any]))
    setattr(proved, _PROOF, proof)
    proved.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    proved.__annotations__ = {parameter.name: parameter.annotation for parameter in shown} | {
        "return": signature.return_annotation
    }
    return proved
