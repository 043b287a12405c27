"""Keeps the token that stands for a signature in the device's own reads and heartbeats (ADR 0014)."""

import logging
import threading
from collections.abc import Callable

from club.model import errors as club_errors
from club.model.clock import Clock
from club.sync import errors
from club.wire.devices import Token

_log = logging.getLogger(__name__)

_EARLY_S = 60.0
"""A token is renewed so long before its end: a request may be on its way for a while."""
_REST_S = 300.0
"""How long requests are signed one by one after no token was to be had, as from a service of one version back."""

_REFUSED_S = 20.0
"""The same after one was refused, so that a service which takes none is not asked for each request anew."""


class Tokens:
    """Asks for a token when the one it has is not good any more; safe from every thread, of which one asks and the others wait.

    Args:
        ask: signs a challenge and brings the token for it.
        clock: the program's clock; only its monotonic time counts, for the device's own may be wrong.
    """

    def __init__(self, ask: Callable[[], Token], clock: Clock) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._token, self._until, self._rests_until = "", 0.0, 0.0

    def current(self) -> str:
        """A token that is good for a while yet; empty: sign instead.

        Raises:
            ServerUnreachable: the service does not answer; nothing would.
        """
        with self._lock:
            asked = self._clock.monotonic()
            if self._token and asked < self._until:
                return self._token
            self._token = ""
            if asked < self._rests_until:
                return ""
            try:
                found = self._ask()
            except (errors.ServerConfused, club_errors.ClubError) as error:
                _log.info("no token (%s); signing each request meanwhile", type(error).__name__)
                self._rests_until = asked + _REST_S
                return ""
            life_s = (found.expires_at - found.now).total_seconds()
            self._token, self._until = found.token, asked + max(life_s / 2, life_s - _EARLY_S)
            return self._token

    def refused(self, token: str) -> None:
        """The service does not take this one, for the key it was given for has ended or its secret is another: sign for a while."""
        with self._lock:
            if self._token == token:
                self._token, self._rests_until = "", self._clock.monotonic() + _REFUSED_S

    def forget(self) -> None:
        """The device has another key, or another enrolment: what was given to the one before is not used any more."""
        with self._lock:
            self._token, self._rests_until = "", 0.0
