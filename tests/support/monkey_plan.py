"""What a monkey does at the kiosk, event by event, from a seed alone: the same seed is the same plan."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

WIDTH, HEIGHT = 1080, 1920


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger anywhere, px of the drawing, and the time until the next event."""

    x: float
    y: float
    then_ms: int


@dataclass(frozen=True, slots=True)
class Press:
    """A finger on the button that stands at this share (0 to 1) of those there are."""

    share: float
    then_ms: int


@dataclass(frozen=True, slots=True)
class Drag:
    """A finger drawn over the glass, px of the drawing."""

    x: float
    y: float
    to_y: float


@dataclass(frozen=True, slots=True)
class Pin:
    """Six digits on the pad: the right ones of the card laid last, or others."""

    right: bool


class CardKind(StrEnum):
    """What is laid on the reader."""

    MEMBER = "member"
    REFUSED = "refused"  # reported lost, or replaced
    STRANGER = "stranger"
    MUTE = "mute"
    GARBAGE = "garbage"
    PULLED = "pulled"  # a member's card, gone in the middle of being read
    WOBBLE = "wobble"  # gone and back at once


@dataclass(frozen=True, slots=True)
class Lay:
    """A card laid down; `share` chooses among those of its kind, `wait` gives the kiosk time to take it."""

    kind: CardKind
    share: float
    wait: bool


@dataclass(frozen=True, slots=True)
class Take:
    """What lies there is taken away."""


@dataclass(frozen=True, slots=True)
class Spend:
    """The way through a redemption, as far as the kiosk goes along: rewards, the first one, redeem, confirm, PIN."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The member takes the card and signs out, where the screen has that; what is left of them is looked for then."""


class Fault(StrEnum):
    """What becomes of the programs beside the kiosk."""

    SERVER_HANGS = "server hangs"
    SERVER_DIES = "server dies"
    SERVER_BACK = "server back"
    READER_DIES = "reader service dies"
    READER_BACK = "reader service back"


@dataclass(frozen=True, slots=True)
class Alone:
    """Everybody leaves; `healed`: what was broken is mended before, else it stays so meanwhile."""

    healed: bool


Event: TypeAlias = Touch | Press | Drag | Pin | Lay | Take | Spend | Leave | Fault | Alone

_CARDS = tuple(CardKind)
_CARD_WEIGHTS = (60, 8, 8, 4, 6, 7, 7)
_SERVER = (Fault.SERVER_HANGS, Fault.SERVER_DIES)


def size(event: Event) -> int:
    """How many events of the count it is: each finger is one."""
    match event:
        case Pin():
            return 6
        case Spend():
            return 10
        case Alone():
            return 0
        case _:
            return 1


def plan(seed: int, count: int, *, alone_every: int = 1000) -> Iterator[Sequence[Event]]:
    """Bursts of events, `count` or a few more in all; at least every `alone_every` and at the end the kiosk is left alone."""
    dice = random.Random(seed)
    done, alone_at, down = 0, alone_every, False
    while done < count:
        burst = _burst(dice, down=down)
        done += sum(map(size, burst))
        for event in burst:
            if isinstance(event, Fault) and event in (*_SERVER, Fault.SERVER_BACK):
                down = event in _SERVER
        yield burst
        if done >= alone_at or done >= count:
            alone_at = done + alone_every
            # The last time everything works again: what is compared then must be whole.
            healed = done >= count or dice.random() < 0.5
            down = down and not healed
            yield (Alone(healed),)


def _burst(dice: random.Random, *, down: bool) -> list[Event]:
    roll = dice.random()
    if roll < 0.58:
        return _fingers(dice)
    if roll < 0.86:
        return _visit(dice)
    if roll < 0.92:
        return [_drag(dice) for _ in range(dice.randint(1, 3))]
    if roll < 0.96:
        return [Take()]
    if roll < 0.98:
        # Down for a few bursts only: most of a day there is a server.
        return [Fault.SERVER_BACK if down else dice.choice(_SERVER), *_fingers(dice)]
    if roll < 0.985:
        return [Fault.READER_DIES, *_fingers(dice), Fault.READER_BACK]
    return [Fault.SERVER_BACK, *_fingers(dice)]


def _fingers(dice: random.Random) -> list[Event]:
    events: list[Event] = []
    for _ in range(dice.randint(4, 12)):
        then = dice.choice((0, 0, 5, 15, 40))
        if dice.random() < 0.7:
            events.append(Press(dice.random(), then))
        else:
            events.append(Touch(dice.uniform(0, WIDTH - 1), dice.uniform(0, HEIGHT - 1), then))
    return events


def _visit(dice: random.Random) -> list[Event]:
    (kind,) = dice.choices(_CARDS, _CARD_WEIGHTS)
    events: list[Event] = [Lay(kind, dice.random(), wait=dice.random() < 0.8)]
    if kind in {CardKind.MEMBER, CardKind.WOBBLE} and dice.random() < 0.35:
        events.append(Spend())
    events += _fingers(dice)
    if dice.random() < 0.3:
        events.append(Pin(right=dice.random() < 0.7))
    if dice.random() < 0.4:
        events.append(Leave())
    return events


def _drag(dice: random.Random) -> Drag:
    return Drag(dice.uniform(80, WIDTH - 80), dice.uniform(300, 1700), dice.uniform(300, 1700))
