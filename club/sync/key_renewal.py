"""Renews the device's key by itself, each step whole on the disk before the next (ADR 0014).

| step | `identity.json` | file key of the mirror | the service knows |
|---|---|---|---|
| | K1 | wrapped by K1 | K1 |
| `begin_next` | K1, next K2 | K1 | K1 |
| `change_key` | K1, next K2 | K1 | K2, and K1 for 14 days |
| `switch` | K2, former K1 | K1 | K2, K1 |
| `wrap_anew` | K2, former K1 | K2 | K2, K1 |
| `give_up_former` | K2 | K2 | K2, K1 |

Whatever ends the program between two of them, the next look goes on from there. While commands or vouchers of an outage are on
their way, which the key in use signed, it stays in use.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta

from club.model import errors as club_errors
from club.sync.client import ApiClient
from club.sync.device_seal import DeviceSeal

_log = logging.getLogger(__name__)

KEY_LIFE = timedelta(days=90)
_SPREAD_DAYS = 30
"""So many days later at most, by the device's id: those that were let in on one day do not all renew on one day."""
LOOK_S = 3600.0
SOON_S = 60.0
"""How soon it looks again while a renewal is under way."""


class KeyRenewal:
    """Looks whether the key is due, and goes on with what is under way; for the sync's thread.

    Args:
        client: whose identity it is.
        seal: what hangs on the key besides.
        is_quiet: whether nothing that the key in use signed is still on its way.
        between: told after each step; tests cut the power there.
    """

    def __init__(
        self,
        client: ApiClient,
        seal: DeviceSeal,
        *,
        is_quiet: Callable[[], bool],
        between: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._client, self._seal, self._is_quiet, self._between = client, seal, is_quiet, between

    def look(self, *, may_ask: bool) -> float:
        """Do what can be done now; after how many seconds to look again.

        Args:
            may_ask: whether the device is let in and the service answers.

        Raises:
            OSError: the disk takes nothing; the step is not done, and is tried at the next look.
            ServerUnreachable, ClubError: the service did not take the next key; the same.
        """
        identity, time = self._client.identity, self._client.time
        if identity.has_former:
            self._give_up_former()
        if time.doubtful or not may_ask:
            return LOOK_S
        since = identity.since
        if since is None:
            since = time.now()
            identity.note_since(since)
        if not identity.has_next:
            if time.now() - since < self._life() or not self._is_quiet():
                return LOOK_S
            identity.begin_next()
            self._between("after-next")
        ended = self._register()
        self._between("after-register")
        if not ended and not self._is_quiet():
            return SOON_S
        identity.switch(time.now())
        self._client.key_changed()
        self._between("after-switch")
        _log.info("this device has another key")
        self._give_up_former()
        return LOOK_S

    def _register(self) -> bool:
        """Have the service know the next key; whether it takes the one in use no more."""
        try:
            self._client.change_key()
        except club_errors.SignatureWrong:
            # Registered long ago, and the answer never came: the time of the key in use is over, or staff ended it.
            self._client.change_key(by_next=True)
            return True
        return False

    def _give_up_former(self) -> None:
        self._seal.wrap_anew()
        self._between("after-wrap")
        self._client.identity.give_up_former()

    def _life(self) -> timedelta:
        spread = int.from_bytes(hashlib.sha256(self._client.identity.device_id.encode()).digest()[:4]) % _SPREAD_DAYS
        return KEY_LIFE + timedelta(days=spread)
