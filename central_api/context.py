"""What a request is served with: settings, database, clock, keys, and the sources of ids and randomness; all handed in."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from litestar.di import NamedDependency

from central_api.beats import Beats
from central_api.db import Database, Tx
from central_api.feed.hub import Hub
from central_api.gather import Gatherer
from central_api.lane import Lane
from central_api.recent import Recent
from central_api.security.keyring import Keyring
from central_api.security.passwords import Passwords
from central_api.security.vault import Vault
from club.model.clock import Clock
from club.model.ids import new_id
from club.settings.central import CentralSettings


@dataclass(frozen=True, slots=True)
class Context:
    """One running service. Tests hand in their own clock, ids and randomness.

    `random_below(n)` gives a whole number 0 <= x < n nobody can guess. `taps` are the threads of members' requests,
    `upkeep` those of what devices ask for themselves, `beats` when devices were heard; `redeems` gathers
    commands to redeem (`rewards.commands.Ask` to `Answer`), `known` the devices whose
    commands were proved (`devices.known.KnownDevice`), `due` is set when something waits to be published.
    `tell_code` passes an activation code on, in the unit of work of the registration (member, phone, code); None: staff hand
    codes out.
    """

    settings: CentralSettings
    db: Database
    clock: Clock
    hub: Hub
    keyring: Keyring
    vault: Vault
    passwords: Passwords
    redeems: Gatherer[Any, Any]
    due: asyncio.Event
    new_id: Callable[[], str] = new_id
    random_below: Callable[[int], int] = secrets.randbelow
    taps: Lane = field(default_factory=lambda: Lane("tap"))
    upkeep: Lane = field(default_factory=lambda: Lane("device", 32))
    beats: Beats = field(default_factory=Beats)
    known: Recent[Any] = field(default_factory=Recent)
    tell_code: Callable[[Tx, str, str, str], None] | None = None


Served = NamedDependency[Context]
"""What a route's `context` parameter is annotated with."""
