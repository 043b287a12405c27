"""How far a new display is on its way into a store, and what its screen says meanwhile (lounge-17, C9); pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from club.render.templates.enrol import EnrolView
from club.words.catalogue import Words, words

QUIET_AFTER = timedelta(minutes=30)
"""When nobody came: the built-in pictures play, the code stays in a corner (design/flows.md, lounge-17)."""


_TOLD = 12
"""So much of a device's id tells it from its neighbours; the log has all of it."""


class Enrolment(Enum):
    """How far this device is on its way into a store."""

    DONE = "done"
    NEEDED = "needed"
    REFUSED = "refused"  # the code given is wrong or has lapsed
    WAITING = "waiting"  # a code was given or accepted; the content is on its way


@dataclass(frozen=True, slots=True)
class Joining:
    """Where it stands.

    Args:
        state: how far this device is.
        since: when it began to wait for somebody.
        code: what staff enter in the console; empty while there is none.
        expires_at: when another code takes its place.
        done: pictures of its first content that are here, of `total`; a `total` of 0: not known yet.
    """

    state: Enrolment
    since: datetime
    code: str = ""
    expires_at: datetime | None = None
    done: int = 0
    total: int = 0

    def code_at(self, now: datetime) -> str:
        """The code while it is good."""
        return self.code if self.expires_at is not None and now < self.expires_at else ""


def enrol_view(
    language: str, device_id: str, size: tuple[int, int], joining: Joining, now: datetime, *, online: bool
) -> EnrolView:
    """The words of the screen of a device that is not enrolled.

    Args:
        language: a language tag.
        device_id: of this device, for staff.
        size: of the screen in px.
        joining: how far it is.
        now: to tell how long the code is good.
        online: whether the server answers.
    """
    say = words(language)
    entered = joining.state is Enrolment.WAITING
    code = joining.code if entered else joining.code_at(now)
    steps = "lounge.enrol" if online else "lounge.enrol.alone"
    return EnrolView(
        title=say("lounge.enrol.title"),
        line=say("lounge.enrol.line"),
        code=(code[:3], code[3:]) if code else (),
        entered=entered,
        state=_state(say, joining, code, now, online=online),
        progress=joining.done / joining.total if entered and joining.total else None,
        heading=say(f"{steps}.steps"),
        steps=tuple(say(f"{steps}.step-{step}") for step in (1, 2, 3)),
        device=say(
            "lounge.enrol.device",
            device=device_id[:_TOLD],
            width=size[0],
            height=size[1],
            shape=say("lounge.enrol.wide" if size[0] >= size[1] else "lounge.enrol.tall"),
        ),
        network=say("lounge.enrol.connected" if online else "lounge.enrol.retrying"),
        offline="" if online else say("lounge.enrol.offline"),
        foot=say("lounge.enrol.foot"),
        is_quiet=not entered and now - joining.since >= QUIET_AFTER,
    )


def _state(say: Words, joining: Joining, code: str, now: datetime, *, online: bool) -> str:
    if joining.state is Enrolment.WAITING:
        if not joining.total:
            return say("lounge.enrol.waiting")
        return say("lounge.enrol.coming", done=joining.done, total=joining.total)
    if code and joining.expires_at is not None:
        minutes = math.floor((joining.expires_at - now).total_seconds() / 60)
        return say("lounge.enrol.renewed", minutes=max(1, minutes))
    if joining.state is Enrolment.REFUSED:
        return say("lounge.enrol.refused")
    return say("lounge.enrol.code-comes" if online else "lounge.enrol.code-later")
