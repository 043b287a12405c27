"""The route on which kiosks settle what they handed out while the club could not be reached (A14)."""

from typing import Any

from litestar import Response, post
from litestar.params import JSONBody

from central_api.bodies import strict
from central_api.context import Served
from central_api.device_api.answers import stored
from central_api.device_api.caller import Kiosk, Signed, for_commands
from central_api.rewards.offline import settling
from club.model import errors, voucher
from club.wire.offline import OfflineRedeem, OfflineSettled


@post("/offline-redemptions", dto=strict(OfflineRedeem), return_dto=None, status_code=200, tags=["rewards"])
@for_commands
def settle(data: JSONBody[OfflineRedeem], context: Served, kiosk: Kiosk, signed: Signed) -> Response[OfflineSettled]:
    """Settle one piece, once for ever under its key; it always ends, and never in a no."""
    if signed.key != data.command_id:
        raise errors.Malformed("expected the command's id as its idempotency key, found another")
    if not voucher.is_valid(data.code):
        raise errors.Malformed("expected a voucher's code with its check digits, found another text")
    counter = settling.Counter(
        context.db,
        context.keyring,
        context.vault,
        context.passwords,
        context.new_id,
        lambda: voucher.make(context.random_below),
    )
    return stored(settling.settle(counter, kiosk, data, signed.body, context.clock.now()))


handlers: list[Any] = [settle]
