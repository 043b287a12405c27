"""What readers and cards do, in a technician's English: the lines of ``nfc-cards``."""

from __future__ import annotations

from nfc import events
from nfc.evidence import Assurance, Challenge, Evidence
from nfc.families.inspection import Inspection
from nfc.protocol import atr as atrs

START_PCSCD = "start it with 'systemctl start pcscd.socket' (Debian's pcscd package)"
PLUG_READER = "plug one in; for ACR122U see that the kernel modules pn533_usb and nfc are blacklisted"
_LOST = {
    events.LostReason.NO_SERVICE: f"the PC/SC service is not running: {START_PCSCD}; waiting for it",
    events.LostReason.NO_READER: f"no matching card reader: {PLUG_READER}; waiting for one",
    events.LostReason.UNPLUGGED: "unplugged; waiting for it to come back",
}
_PROVES = {
    Assurance.UID: "nothing: a UID can be copied by anyone; the PIN has to prove who it is",
    Assurance.STATIC: "little: its data can be copied by who can read them",
    Assurance.CRYPTOGRAM: "that this very card is here, once the central API has verified it",
}
_CHALLENGES = {
    Challenge.DESFIRE: "by AES authentication",
    Challenge.CPU: "by INTERNAL AUTHENTICATE",
    Challenge.PHONE: "by a signature",
}
_WHEN_ASKED = (
    "nothing by itself, for its number can be copied by anyone; asked with its key, that this very card is here"
)
_UNREADABLE = {
    events.UnreadableReason.REMOVED: "it was taken away before it was read",
    events.UnreadableReason.TIMEOUT: "it did not answer in time; lay it flat and leave it there",
    events.UnreadableReason.UNRESPONSIVE: "no protocol could be agreed: two cards at once, a coin, a dead chip",
    events.UnreadableReason.GARBAGE: "its answers break its own protocol",
    events.UnreadableReason.RANDOM_UID: "its number is drawn anew at each tap: a phone, or a card that hides its number",
    events.UnreadableReason.NO_IDENTITY: "it works, but has no number a membership could hang on",
}
_SHOWN_UID_BYTES = 2


def event(event: events.Event, *, full: bool) -> str:
    """Return an event as one line.

    Args:
        event: any of the reader's events.
        full: print the UID whole; otherwise only its last two bytes.
    """
    match event:
        case events.ReaderReady(name):
            return f"{name}: ready"
        case events.ReaderLost(name, reason):
            return f"{name or 'readers'}: {_LOST[reason]}"
        case events.CardPresented(name, evidence):
            sun = "with SUN" if evidence.sun_url else "no SUN"
            return (
                f"{name}: card {evidence.family}, UID {_uid(evidence, full=full)}, claims {evidence.assurance}, {sun}, "
                f"read in {event.read_s * 1000:.1f} ms"
            )
        case events.CardUnreadable(name, reason, atr):
            return f"{name}: card unreadable: {reason}, ATR {_hex(atr)}"
        case events.CardGone(name):
            return f"{name}: card gone"


def card(event: events.CardPresented | events.CardUnreadable, *, full: bool) -> list[str]:
    """Return all that a tap says of a card, a line each."""
    atr = event.evidence.atr if isinstance(event, events.CardPresented) else event.atr
    parsed = atrs.parse(atr)
    lines = [f"reader      {event.reader}"]
    if isinstance(event, events.CardPresented):
        evidence = event.evidence
        lines += [
            f"family      {evidence.family}",
            f"UID         {_uid(evidence, full=full)} ({len(evidence.uid)} bytes)",
            f"proves      {_WHEN_ASKED if evidence.challenge else _PROVES[evidence.assurance]}",
            f"challenge   {_CHALLENGES[evidence.challenge] if evidence.challenge else 'none'}",
            f"SUN message {'yes' if evidence.sun_url else 'none'}",
            f"read in     {event.read_s * 1000:.1f} ms",
        ]
    else:
        lines.append(f"unreadable  {event.reason}: {_UNREADABLE[event.reason]}")
    return [
        *lines,
        f"ATR         {_hex(atr)}",
        f"ATR says    {parsed.hint}, historical bytes {_hex(parsed.historical)}",
    ]


def closer(found: Inspection) -> list[str]:
    """Return what a closer look at a card found, a line each."""
    signed = f"genuine {found.signed_as}, by NXP's signature over its UID" if found.signed_as else "none that fits"
    return [f"product     {found.product or 'unknown'}", f"signature   {signed}"]


def _uid(evidence: Evidence, *, full: bool) -> str:
    uid = evidence.uid.hex().upper()
    if full:
        return uid
    shown = uid[-2 * _SHOWN_UID_BYTES :]
    return "·" * (len(uid) - len(shown)) + shown


def _hex(data: bytes) -> str:
    return data.hex(" ").upper() or "none"
