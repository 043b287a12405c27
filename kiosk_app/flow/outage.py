"""What this kiosk may hand out by itself while the club cannot be reached, and what it has handed out; values only (A14)."""

from collections.abc import Mapping

from msgspec import Struct, field

from club.model.errors import OfflineRefused
from club.wire.cards import VoucherView


class Held(Struct, frozen=True):
    """A piece that was handed out here and that the club has not booked yet."""

    command_id: str
    points: int
    voucher: VoucherView


class Terms(Struct, frozen=True):
    """How this kiosk stands towards one card.

    `refused` says of each reward why it cannot be had now, None where it can; `unbooked` are the points of the pieces in
    `held`; `genuine` whether the tap says more than a number that anybody could have copied (N4).
    """

    refused: Mapping[str, OfflineRefused | None] = field(default_factory=dict)
    unbooked: int = 0
    held: tuple[Held, ...] = ()
    genuine: bool = False

    @property
    def handing_out(self) -> bool:
        """Whether the store hands anything out at all while the club is not reached."""
        return any(error is None or error.text("reason") != "off" for error in self.refused.values())

    def against(self, reward: str) -> OfflineRefused | None:
        """Why a reward cannot be had; None: it can."""
        return self.refused.get(reward, _NOT_MARKED)


_NOT_MARKED = OfflineRefused(reason="reward")


class SpendLater(Struct, frozen=True):
    """The PIN is for one piece that is handed out now and paid once the club is reached."""

    command_id: str
    reward: str
    category: str = ""


class HandedOut(Struct, frozen=True):
    """kiosk-10 without the network: the voucher is there, the points are still to be taken; `balance` is what then remains."""

    held: Held
    balance: int
