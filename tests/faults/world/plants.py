"""Faults planted in the device's half of the sync: the simulation must find each, or it finds nothing."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import msgspec
import pytest
from msgspec.structs import replace

from club.model import errors as club_errors
from club.sync import downloads, engine, errors, feeds, planning, steps
from club.sync import state as state_moves
from club.sync.client import SignedRequest
from club.sync.doing import Doing
from club.sync.media import MediaCache
from club.sync.mirror import Mirror
from club.sync.offline_desk import OfflineDesk
from club.sync.outbox import Outbox
from club.sync.state import Effects, State
from club.sync.steady_clock import SteadyClock
from club.wire import codec
from club.wire.changes import Change, SnapshotRow, SyncAnswer
from club.wire.rewards import Redeem, Redeemed
from tests.faults.world.club import ApiProcess

Patch = pytest.MonkeyPatch


def cursor_outside_the_transaction(patch: Patch) -> None:
    """The places move on in a transaction of their own, before the rows."""
    apply = Mirror.apply

    def apart(
        self: Mirror, changes: Iterable[Change], *, epoch: str, places: Mapping[str, int], at: datetime
    ) -> frozenset[str]:
        self._note_places(epoch, places, at)
        return apply(self, changes, epoch=epoch, places=places, at=at)

    patch.setattr(Mirror, "apply", apart)


def a_snapshot_beside_what_was_there(patch: Patch) -> None:
    """A snapshot adds its rows and leaves what the club no longer has."""

    def beside(
        self: Mirror, rows: Iterable[SnapshotRow], *, epoch: str, places: Mapping[str, int], at: datetime
    ) -> frozenset[str]:
        changes = [
            Change(feed=row.feed, seq=1, entity=row.entity, entity_id=row.entity_id, payload=row.payload)
            for row in rows
        ]
        return self.apply(changes, epoch=epoch, places=places, at=at)

    patch.setattr(Mirror, "replace", beside)


def holes_in_the_feed_are_passed_over(patch: Patch) -> None:
    """Whatever rows come are taken, and the place the server names is believed."""

    def follow(epoch: str, places: Mapping[str, int], answer: SyncAnswer) -> feeds.Followed | None:
        if answer.snapshot_needed or answer.epoch != epoch:
            return None
        fresh = [row for row in answer.changes if row.seq % 5]
        return feeds.Followed(tuple(fresh), {**places, **answer.cursors}, more=answer.more)

    patch.setattr(feeds, "follow", follow)


def forgotten_when_sent(patch: Patch) -> None:
    """A command leaves the disk when it is sent, not when it is answered."""
    take = Outbox.take

    def taken(self: Outbox, command_id: str) -> SignedRequest | None:
        request = take(self, command_id)
        with self._store.transaction() as db:
            db.execute("UPDATE command SET state = 'refused' WHERE id = ?", (command_id,))
        return request

    patch.setattr(Outbox, "take", taken)


def another_key_at_each_try(patch: Patch) -> None:
    """A repeat is a new command to the club."""
    numbers = iter(range(10_000_000))

    def send(self: Doing, command_id: str) -> steps.Input:
        command = self.outbox.command(command_id)
        if command is None:
            return steps.CommandGone(command_id)
        anew = msgspec.structs.replace(command, command_id=f"{command_id}-{next(numbers)}")
        body = self._client.send(self._client.prepare(anew))
        answer = msgspec.structs.replace(codec.decode(body, Redeemed), command_id=command_id)
        return steps.CommandAnswered(command_id, codec.encode(answer), answer)

    patch.setattr(Doing, "_send", send)


def no_answer_is_taken_for_a_no(patch: Patch) -> None:
    """A command that got no answer counts as refused."""
    send = Doing._send

    def hasty(self: Doing, command_id: str) -> steps.Input:
        try:
            return send(self, command_id)
        except errors.ServerUnreachable:
            return steps.CommandRejected(command_id, club_errors.OutOfStock())

    patch.setattr(Doing, "_send", hasty)


def the_hold_is_not_with_the_command(patch: Patch) -> None:
    """The row of a command is written after `submit` said it was."""
    add = Outbox.add

    def late(self: Outbox, command: Redeem, request: SignedRequest, **others: object) -> bool:
        try:
            return add(self, command, request, **others)  # type: ignore[arg-type]
        except sqlite3.Error:
            return True  # the disk is full, and nobody is told

    patch.setattr(Outbox, "add", late)


def members_out_of_order(patch: Patch) -> None:
    """A member's later command overtakes an earlier one that rests."""

    def next_command(state: State) -> str | None:
        return next((one for one in reversed(state.commands) if f"command:{one}" not in state.rest), None)

    patch.setattr(planning, "_next_command", next_command)


def half_a_manifest(patch: Patch) -> None:
    """A manifest is switched to before its media are here."""

    def switching(state: State) -> State:
        if not state.staged or steps.Flip(state.staged) in (*state.todo, state.busy):
            return state
        return replace(state, todo=(*state.todo, steps.Flip(state.staged)))

    patch.setattr(downloads, "_switching", switching)


def swept_under_the_screen(patch: Patch) -> None:
    """Media are tidied away without looking at who shows them."""
    make_room = MediaCache._make_room

    def careless(self: MediaCache, coming: int, keep: object) -> int:
        for path in sorted(self._folder.glob("??/*"))[:1]:
            path.unlink()
        return make_room(self, coming, ())

    patch.setattr(MediaCache, "_make_room", careless)


def a_rest_without_an_end(patch: Patch) -> None:
    """The stream that failed is never tried again."""
    resting = state_moves.resting

    def endless(state: State, name: str) -> tuple[State, steps.StartTimer]:
        rested, timer = resting(state, name)
        return rested, replace(timer, name="nothing") if name == "stream" else timer

    patch.setattr(engine, "resting", endless)


def an_edit_during_a_call_is_lost(patch: Patch) -> None:
    """What is wanted while a call is under way is forgotten when that call comes back."""
    answered = engine._answered

    def forgetful(state: State, event: steps.Input) -> tuple[State, Effects]:
        return answered(replace(state, wants=state.wants - {"sync", "manifest"}), event)

    patch.setattr(engine, "_answered", forgetful)
    patch.setattr(engine, "POLL_S", (36_000.0, 36_000.0))


def the_machines_clock_is_followed(patch: Patch) -> None:
    """Whoever sets the machine's clock sets the club's time."""
    offsets: WeakKeyDictionary[SteadyClock, timedelta] = WeakKeyDictionary()

    def now(self: SteadyClock) -> datetime:
        return self._wall() + offsets.get(self, timedelta(0))

    def step(self: SteadyClock, by: timedelta) -> None:
        offsets[self] = offsets.get(self, timedelta(0)) + by

    patch.setattr(SteadyClock, "now", now)
    patch.setattr(SteadyClock, "step", step)


def displays_are_told_of_members(patch: Patch) -> None:
    """The role of a device is not looked at."""
    patch.setattr(ApiProcess, "sees", lambda *_: True)


def every_contact_renews_the_allowance(patch: Patch) -> None:
    """What an outage has used up is forgotten as soon as the club is reached, settled or not."""

    def in_contact(self: OfflineDesk) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM offline_use")

    patch.setattr(OfflineDesk, "in_contact", in_contact)


def the_staged_one_is_switched_to_whatever_was_decided(patch: Patch) -> None:
    """A switch goes to whatever is staged by then, and is not taken back when another is."""
    staged = downloads.staged

    def hasty(state: State, event: steps.ManifestCame) -> tuple[State, Effects]:
        waiting = tuple(work for work in state.todo if isinstance(work, steps.Flip))
        after, effects = staged(state, event)
        anew = tuple(steps.Flip(event.key) for _ in waiting)
        return replace(after, todo=(*after.todo, *anew)), effects

    patch.setattr(downloads, "staged", hasty)


PLANTS: tuple[Callable[[Patch], None], ...] = (
    cursor_outside_the_transaction,
    a_snapshot_beside_what_was_there,
    holes_in_the_feed_are_passed_over,
    forgotten_when_sent,
    another_key_at_each_try,
    no_answer_is_taken_for_a_no,
    the_hold_is_not_with_the_command,
    members_out_of_order,
    half_a_manifest,
    swept_under_the_screen,
    a_rest_without_an_end,
    an_edit_during_a_call_is_lost,
    the_machines_clock_is_followed,
    displays_are_told_of_members,
    every_contact_renews_the_allowance,
    the_staged_one_is_switched_to_whatever_was_decided,
)
