"""Reads what every member may see from the device's mirror."""

from datetime import datetime

from club.sync.mirror import Mirror
from kiosk_app.flow.state import Catalogue

KINDS = frozenset({"programme", "store", "reward", "reward_category", "activity"})
"""The mirror's kinds that the catalogue is made of."""


def read(mirror: Mirror, as_of: datetime | None = None) -> Catalogue:
    """The catalogue as last synced.

    Args:
        mirror: of this device.
        as_of: the last contact with the central API, when it is later than the mirror's own time.
    """
    return Catalogue(
        programme=mirror.programme(),
        store=mirror.store_profile(),
        rewards=mirror.rewards(),
        categories=mirror.categories(),
        activities=mirror.activities(),
        as_of=as_of or mirror.as_of(),
    )
