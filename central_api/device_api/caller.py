"""Who calls: reads the signed parts of a request and proves whose they are, before a route sees it."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide

from central_api.context import Context, Served
from central_api.devices import service as devices
from central_api.devices.service import Device
from central_api.security.signatures import SignedRequest
from club.model import errors
from club.wire import signing

_LONGEST_VERSION = 4  # digits

Signed = NamedDependency[SignedRequest]
"""The request as it was signed."""

EnrolledDevice = NamedDependency[Device]
"""The device that signed it; routes that take one refuse everybody else."""


Kiosk = NamedDependency[Device]
"""The kiosk that signed it; routes of members and their cards take one and refuse displays, which hang in public (X2)."""


def signed_parts(connection: ASGIConnection[Any, Any, Any, Any], body: bytes) -> SignedRequest:
    """The signed parts of a request.

    Raises:
        DeviceUnknown: the headers of a signed request are missing.
        Malformed: it speaks a newer version of the wire than this server.
    """
    headers, scope = connection.headers, connection.scope
    version = headers.get(signing.VERSION_HEADER, str(signing.WIRE_VERSION))
    if not version.isdecimal() or len(version) > _LONGEST_VERSION or int(version) > signing.WIRE_VERSION:
        raise errors.Malformed(
            f"expected a wire version up to {signing.WIRE_VERSION}, found {version[:8]!r}; update the server first"
        )
    device, signed_at = headers.get(signing.DEVICE_HEADER, ""), headers.get(signing.SIGNED_AT_HEADER, "")
    signature = headers.get(signing.SIGNATURE_HEADER, "")
    if not (device and signed_at and signature):
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
        key=headers.get(signing.KEY_HEADER, ""),
    )


def known_device(context: Context, signed: SignedRequest, *, may_be_old: bool = False) -> Device:
    """The enrolled device that signed a request; blocks on the database (see `devices.service.authenticate`)."""
    with context.db.read() as tx:
        return devices.authenticate(
            tx, signed, context.clock.now(), skew_s=context.settings.sessions.signature_skew_s, may_be_old=may_be_old
        )


async def _signed(request: Request[Any, Any, Any]) -> SignedRequest:
    return signed_parts(request, await request.body())


async def _device(context: Served, signed: Signed) -> Device:
    return await context.taps.run(known_device, context, signed)


async def _kiosk(device: EnrolledDevice) -> Device:
    return _must_be_kiosk(device)


async def _commander(context: Served, signed: Signed) -> Device:
    if not signed.key:
        raise errors.Malformed(f"expected an {signing.KEY_HEADER} with a command, found none")
    return _must_be_kiosk(await context.taps.run(known_device, context, signed, may_be_old=True))


def _must_be_kiosk(device: Device) -> Device:
    if device.kind != "kiosk":
        raise errors.NotAllowed(f"expected a kiosk, found a {device.kind}", needs="kiosk")
    return device


signed_dependency = Provide(_signed)
device_dependency = Provide(_device)
kiosk_dependency = Provide(_kiosk)
commander_dependency = Provide(_commander)
"""A kiosk whose command may arrive long after it was signed."""
