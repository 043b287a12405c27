"""Hands rewards out while the central API is not reached, and tells the flow what came of it; called on the disk's thread (A14)."""

import logging
import sqlite3
from collections.abc import Callable
from typing import Protocol

from club.model import errors
from club.sync.offline_desk import Handed, Look, Wish
from club.wire.cards import Evidence, OpenCardSession, VoucherView
from club.wire.devices import StoreProfile
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow.outage import Held, Terms

_log = logging.getLogger(__name__)


class Desk(Protocol):
    """Keeps the store's limits and makes the vouchers (`club.sync.offline_desk.OfflineDesk`)."""

    def look(self, evidence: Evidence) -> Look:
        """What a card could have now, and what it holds from here."""
        ...

    def redeem(self, wish: Wish) -> Handed:
        """Hand one piece out; durable when this returns."""
        ...


class Place(Protocol):
    """Knows where this device stands (`club.sync.mirror.Mirror`)."""

    def store_profile(self) -> StoreProfile | None:
        """The store."""
        ...


class Counter:
    """The desk, as the flow sees it.

    Args:
        desk: of this device.
        place: where it stands: until the club knows a voucher, only this store's devices can prove it.
        post: takes the flow's events.
    """

    def __init__(self, desk: Desk, place: Place, post: Callable[[ev.Event], None]) -> None:
        self._desk, self._place, self._post = desk, place, post

    def look(self, opening: OpenCardSession) -> None:
        """Tell what the card of a session may have."""
        try:
            look = self._desk.look(opening.evidence)
            held = tuple(self._held(command_id, handed) for command_id, handed in look.held.items())
        except (sqlite3.Error, errors.ClubError) as error:
            # Without an answer the kiosk goes on as one whose store hands nothing out.
            _log.warning("the offline desk did not answer: %s", type(error).__name__)
            return
        terms = Terms(look.refused, look.unbooked, held, look.genuine)
        self._post(ev.OfflineTermsCame(opening.session_id, terms))

    def hand_out(self, opening: OpenCardSession, effect: ef.HandOut) -> None:
        """Hand one piece out to the card of a session."""
        command_id = effect.command_id
        # One tap, one id: it is the session's, which was made for it.
        wish = Wish(command_id, opening.session_id, effect.reward, opening.evidence, effect.pin.value)
        try:
            held = self._held(command_id, self._desk.redeem(wish))
        except errors.ClubError as error:
            _log.info("command %s: not handed out offline: %s", command_id, error.text("reason") or error.code)
            self._post(ev.OfflineNotHanded(command_id, error))
        except (sqlite3.Error, OSError) as error:
            _log.error("command %s was not stored, nothing is handed out: %s", command_id, type(error).__name__)
            self._post(ev.CommandNotStored(command_id))
        else:
            _log.info("command %s handed out offline", command_id)
            self._post(ev.OfflineHanded(held))

    def _held(self, command_id: str, handed: Handed) -> Held:
        reward, made, store = handed.reward, handed.voucher, self._place.store_profile()
        voucher = VoucherView(
            voucher_id=command_id,
            code=made.code,
            qr=handed.qr,
            reward=reward.slug,
            name=reward.name,
            line=reward.line,
            category=reward.category,
            picture=reward.picture,
            stores=(store.name,) if store else (),
            terms=reward.terms,
            state="issued",
            issued_at=made.issued_at,
            valid_to=made.valid_to,
        )
        return Held(command_id, made.points, voucher)
