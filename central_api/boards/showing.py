"""When a board comes on which display: what staff are told after publishing (C2)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central_api.boards.content import DisplayContent, Fields, SlotContent
from club.model.board import WEEKDAYS

_DAYS_AHEAD = 14


def next_showing(display: DisplayContent, slug: str, fields: Fields, time_zone: str, now: datetime) -> datetime | None:
    """The first instant from `now` on at which a playlist with this board is scheduled; `now` itself when it is on.

    Looks two weeks ahead; None when it does not come up in that time. A higher layer may still cover it then.

    Args:
        display: what is scheduled there.
        slug: the board.
        fields: its published fields, whose dates and weekdays count too.
        time_zone: the store's IANA zone.
        now: the instant.
    """
    if fields.stores and display.store not in fields.stores:
        return None
    naming = {playlist.slug for playlist in display.playlists if slug in playlist.boards}
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found = [
        start
        for offset in range(_DAYS_AHEAD)
        for slot in display.slots
        if slot.playlist in naming and (start := _start(slot, fields, today + timedelta(days=offset), now)) is not None
    ]
    return min(found, default=None)


def _start(slot: SlotContent, fields: Fields, midnight: datetime, now: datetime) -> datetime | None:
    """When the board first comes on in this slot on this day."""
    weekday = WEEKDAYS[midnight.weekday()]
    if slot.on is not None and slot.on != midnight.date():
        return None
    if (slot.weekdays and weekday not in slot.weekdays) or (fields.weekdays and weekday not in fields.weekdays):
        return None
    start = max(midnight + timedelta(minutes=slot.from_minute), now, fields.starts or now)
    end = midnight + timedelta(minutes=slot.to_minute)
    if fields.ends is not None:
        end = min(end, fields.ends)
    return start if start < end else None
