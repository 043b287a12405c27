"""A kiosk for tests that is let in and signs, and says of what it handed out whatever it likes (A14)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select

from central_api.devices import repository as devices
from central_api.devices.enrolled import Device as EnrolledAs
from central_api.rewards.offline import rules
from central_api.rewards.offline.rules import Rules
from central_api.rewards.offline.tables import offline_redemptions
from central_api.rewards.tables import rewards, vouchers
from club.model import voucher
from club.wire import codec, sealing, signing
from club.wire.cards import Evidence
from club.wire.offline import OfflineRedeem, OfflineSettled, SealedTap
from tests.support.central import WANG, WANG_UID, Club, Device, new_id, read

WASH, PRICE = "quick-wash", 300


@dataclass
class Rogue:
    """Tells the club of pieces as no honest kiosk would; each tap of its card counts one further, unless it is told which."""

    club: Club
    device: Device
    outage: str = field(default_factory=new_id)
    uid: str = WANG_UID
    counter: int = 500

    def allow(self, rule: Rules) -> None:
        """Have the store allow that much from now on."""
        now, context = self.club.clock.now(), self.club.context
        with context.db.write() as tx:
            rules.put(tx, context.keyring, "east", rule, starts=now, by="staff:1001", now=now, new_id=context.new_id)

    def command(
        self,
        reward: str = WASH,
        points: int = PRICE,
        *,
        pin: str = "",
        evidence: Evidence | None = None,
        tap: str = "",
        days: int | None = None,
        later: timedelta = timedelta(0),
    ) -> OfflineRedeem:
        """A piece with a code that fits; `days` until the voucher's last one, as in the catalogue unless told, `later` than now."""
        if evidence is None:
            self.counter += 1
            evidence = self.club.card(self.uid).evidence(self.counter)
        key, made = self.club.context.keyring, new_id()
        tapped = SealedTap(evidence=evidence, pin=pin or self.club.demo.pins[WANG], tap=tap or new_id())
        public = sealing.public_key(rules.seal_key(key, "east"))
        sealed = sealing.seal(public, codec.encode(tapped), bound_to=made.encode(), random=lambda n: b"\x07" * n)
        now = self.club.clock.now()
        return OfflineRedeem(
            command_id=made,
            outage=self.outage,
            card_hash=key.card_hash("east", self.uid),
            reward=reward,
            unit_points=points,
            code=voucher.make(self.club.context.random_below),
            issued_at=(now + later).replace(microsecond=0),
            valid_to=now.date() + timedelta(days=self._days(reward) if days is None else days),
            sealed=signing.to_text(sealed),
        )

    def _days(self, reward: str) -> int:
        with self.club.context.db.read() as tx:
            return int(tx.scalar(select(rewards.c.valid_days).where(rewards.c.slug == reward)) or 0)

    def enrolled(self) -> EnrolledAs:
        """As the club knows its device."""
        with self.club.context.db.read() as tx:
            row = devices.caller(tx, self.device.identity.device_id)
        return EnrolledAs(row.id, row.kind, row.place, row.store, row.in_group)

    def send(self, command: OfflineRedeem) -> httpx.Response:
        """Tell the club of it."""
        return self.device.post("/v1/offline-redemptions", command, key=command.command_id)

    def settle(self, command: OfflineRedeem) -> OfflineSettled:
        """Tell the club of it, which always takes it."""
        return read(self.send(command), OfflineSettled)

    def kept(self, command: OfflineRedeem) -> Any:
        """How it ended, as it is kept."""
        found = offline_redemptions.c
        with self.club.context.db.read() as tx:
            return tx.first(select(offline_redemptions).where(found.command == command.command_id))

    def voucher(self, command: OfflineRedeem) -> Any:
        """The voucher of its code, or None."""
        with self.club.context.db.read() as tx:
            return tx.first(select(vouchers).where(vouchers.c.code == command.code))
