"""A card being issued, reset or proved through a kiosk: the server says each command, the kiosk carries it (N3, N6)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.wire.limits import Count, Id, Short

RunPurpose = Literal["issue", "reset", "prove"]

MAX_ANSWERS = 150
MAX_ANSWER_BYTES = 300

CardUid = Annotated[
    str,
    Meta(
        pattern=r"^([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{16})$(?!\n)",
        description="UID of 4 or 7 bytes, or a phone's credential, in hex",
    ),
]
Answer = Annotated[
    str,
    Meta(
        pattern=r"^([0-9A-F]{2}){2,300}$(?!\n)",
        max_length=2 * MAX_ANSWER_BYTES,
        description="a card's raw answer in hex, status word included",
    ),
]


class BeginCardRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`POST /v1/card-runs`; begun again with the same id and card, it goes on where it was.

    `family` is what a card to be issued or reset says it is, as cards are entered; none: an NTAG 424 DNA.
    """

    run_id: Id
    purpose: RunPurpose
    uid: CardUid
    family: Short = ""


class AnswerCardRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/card-runs/{id}/answers`: the card's answer to the command of step `index`; sent again, the same step again."""

    index: Count
    answer: Answer


class CardRunStep(msgspec.Struct, frozen=True, kw_only=True):
    """The next command for the card (hex; empty at the end), or that it is `done`.

    `what` names the step. `version` and `counter` are the card's at the end: of its keys, and of its last SUN message.
    """

    run_id: Id
    index: Count
    command: str = ""
    what: Short = ""
    done: bool = False
    version: Count = 0
    counter: Annotated[int, Meta(ge=0, le=0xFFFFFF)] = 0
