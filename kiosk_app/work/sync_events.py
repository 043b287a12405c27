"""Turns what the sync tells into what can happen to the kiosk; one event of the sync may be several, or none."""

from collections.abc import Callable
from datetime import datetime

from club.sync import events as sync
from club.sync import faults
from club.sync.mirror import Mirror
from club.wire.offline import OfflineSettled
from club.wire.rewards import Redeemed
from kiosk_app.flow import events as ev
from kiosk_app.flow.state import Pairing
from kiosk_app.work import catalogue


def flow_events(event: sync.SyncEvent, mirror: Mirror, last_contact: Callable[[], datetime | None]) -> list[ev.Event]:
    """The flow's events for one of the sync's. Reads the mirror: call it off the UI thread.

    Args:
        event: as posted by the sync worker.
        mirror: of this device.
        last_contact: when the central API was last heard.
    """
    match event:
        case sync.Online():
            return [ev.WentOnline()]
        case sync.Offline(since):
            return [ev.CatalogueChanged(catalogue.read(mirror, since)), ev.WentOffline()]
        case sync.MirrorChanged(kinds) if kinds & catalogue.KINDS:
            return [ev.CatalogueChanged(catalogue.read(mirror, last_contact()))]
        case sync.CommandSettled(answer=Redeemed() as answer):
            faults.reach("kiosk.after-settled")
            return [ev.CommandSettled(answer)]
        case sync.CommandSettled(command_id, OfflineSettled()):
            return [ev.OfflineBooked(command_id)]
        case sync.CommandRefused(command_id, error):
            return [ev.CommandRefused(command_id, error)]
        case sync.DeviceEnrolled():
            return [ev.CatalogueChanged(catalogue.read(mirror, last_contact())), ev.EnrolmentChanged(enrolled=True)]
        case sync.PairingCode(code, expires_at):
            return [ev.PairingCodeCame(Pairing(code, expires_at))]
        case sync.NeedsEnrolment() | sync.EnrolRefused():
            return [ev.EnrolmentChanged(enrolled=False)]
        case _:
            return []
