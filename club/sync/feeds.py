"""Which rows of the change feeds follow on from where the device stands; pure."""

from collections.abc import Mapping

from msgspec import Struct

from club.wire.changes import Change, SyncAnswer


class Followed(Struct, frozen=True):
    """Rows to apply, in order, and the places reached by them. `more`: ask again at once."""

    changes: tuple[Change, ...]
    places: Mapping[str, int]
    more: bool


def follow(epoch: str, places: Mapping[str, int], answer: SyncAnswer) -> Followed | None:
    """The rows of `answer` that are new here; None when only a snapshot helps.

    Places are dense: a hole is a lost row, another epoch is another history (a restored server), a feed never heard of means that
    the device was moved. Rows already applied are passed over, so a repeated answer does no harm.
    """
    if answer.snapshot_needed or answer.epoch != epoch:
        return None
    reached = dict(places)
    fresh = []
    for change in sorted(answer.changes, key=lambda row: row.seq):
        place = reached.get(change.feed)
        if place is None or change.seq > place + 1:
            return None
        if change.seq == place + 1:
            reached[change.feed] = change.seq
            fresh.append(change)
    if answer.more:
        # More, but nothing new in it: asking again would ask for ever.
        return Followed(tuple(fresh), reached, more=True) if fresh else None
    if any(reached.get(feed, -1) < seq for feed, seq in answer.cursors.items()):
        return None
    return Followed(tuple(fresh), reached, more=False)
