"""Every refusal and fault of the club, each with a stable code and its facts; no HTTP here.

ClubError
├── Refusal                     the club says no; the member is told kindly
│   ├── NotEnoughPoints · OutOfStock · LimitReached · TierTooLow · RewardNotOffered · DailyCapReached · CardLimitReached
│   ├── CardUnknown · CardBlocked · CardNotActive · CardDowngraded · StaffCard
│   ├── CryptogramWrong · CryptogramReplayed
│   ├── PinWrong · PinLocked · PinNotSet · PinUnused · StepUpRequired · GrantWrong
│   ├── PinTooSimple · PinsDiffer · PhoneOrPinWrong
│   ├── AlreadyMember · ConsentMissing · ActivationCodeWrong · StillHolds · MergeRefused · CardNotFit
│   ├── SessionEnded · TooManyGuesses
│   └── IdempotencyConflict · EditConflict · VoucherClosed · OfflineRefused
├── Unauthorised                the caller may not
│   ├── DeviceUnknown · DeviceRevoked · SignatureWrong · ClockSkew · EnrolCodeWrong
│   └── SignInWrong · KeyWrong · NotAllowed
├── Malformed                   the request cannot be read
├── NotFound                    no such thing
├── SnapshotNeeded              what changed since then is not known any more
└── Unavailable                 it may work later
    └── WireUnknown             the two sides speak versions too far apart
"""

from collections.abc import Mapping
from typing import ClassVar

Fact = int | str


class ClubError(Exception):
    """Base of all: `code` is stable for ever and travels on the wire, `facts` are numbers and slugs, never personal data."""

    code: ClassVar[str] = "club_error"

    def __init__(self, message: str = "", **facts: Fact) -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n", maxsplit=1)[0])
        self.facts: Mapping[str, Fact] = facts

    def number(self, name: str, default: int = 0) -> int:
        """The fact `name` when it is a whole number, else `default` (facts come from another version's server too)."""
        value = self.facts.get(name, default)
        return value if isinstance(value, int) else default

    def text(self, name: str, default: str = "") -> str:
        """The fact `name` as text, else `default`."""
        value = self.facts.get(name, default)
        return value if isinstance(value, str) else str(value)


class Refusal(ClubError):
    """The club refuses this, and says why."""

    code = "refused"


class NotEnoughPoints(Refusal):
    """The reward costs more than the member has free. Facts: balance, price."""

    code = "not_enough_points"


class OutOfStock(Refusal):
    """Fewer pieces are left than were asked for. Facts: reward, left, wanted."""

    code = "out_of_stock"


class LimitReached(Refusal):
    """The member took as many as the window allows. Facts: reward, per, times, left."""

    code = "limit_reached"


class TierTooLow(Refusal):
    """The reward is for other tiers. Facts: reward, needs."""

    code = "tier_too_low"


class RewardNotOffered(Refusal):
    """The reward is not offered here and now, or its price changed. Facts: reward."""

    code = "reward_not_offered"


class DailyCapReached(Refusal):
    """A card that can be copied may spend only so much a day. Facts: cap, spent."""

    code = "daily_cap_reached"


class CardLimitReached(Refusal):
    """The card's holder lets it spend only so much in a day or month (N4). Facts: cap, spent, per (day | month)."""

    code = "card_limit_reached"


class CardUnknown(Refusal):
    """No member holds this card."""

    code = "card_unknown"


class StaffCard(Refusal):
    """The card is one of the staff's: it opens staff mode, with their PIN (K12)."""

    code = "staff_card"


class CardBlocked(Refusal):
    """The card was reported lost, replaced or blocked. Facts: since, reason (lost | replaced | another slug)."""

    code = "card_blocked"


class CardNotActive(Refusal):
    """The card or the membership is not active. Facts: reason (card | membership)."""

    code = "card_not_active"


class CardDowngraded(Refusal):
    """A card enrolled with a cryptogram answered without one."""

    code = "card_downgraded"


class CryptogramWrong(Refusal):
    """The card's message does not verify."""

    code = "cryptogram_wrong"


class CryptogramReplayed(Refusal):
    """The card's counter did not rise: this message was seen before. Facts: last, got."""

    code = "cryptogram_replayed"


class PinWrong(Refusal):
    """The PIN is not right. Facts: tries_left, lock_minutes."""

    code = "pin_wrong"


class PinLocked(Refusal):
    """Too many wrong PINs; locked for a while. Facts: until (ISO, UTC), minutes."""

    code = "pin_locked"


class PinNotSet(Refusal):
    """The member has no PIN yet; staff can set one."""

    code = "pin_not_set"


class PinUnused(Refusal):
    """The PIN was set anew and not given together with its card yet: without the card it opens nothing (ADR 17, 18)."""

    code = "pin_unused"


class PinTooSimple(Refusal):
    """This PIN is too easy to guess. Facts: rule (same-digit | ascending | descending | phone-tail | birthday)."""

    code = "pin_too_simple"


class PinsDiffer(Refusal):
    """The PIN was not typed the same way twice."""

    code = "pins_differ"


class PhoneOrPinWrong(Refusal):
    """Number and PIN do not open a member's page; which of them is wrong is told to nobody. Facts: tries_left, lock_minutes."""

    code = "phone_or_pin_wrong"


class AlreadyMember(Refusal):
    """A member has this phone already."""

    code = "already_member"


class ConsentMissing(Refusal):
    """Nobody becomes a member without agreeing to this. Facts: document."""

    code = "consent_missing"


class ActivationCodeWrong(Refusal):
    """The code is wrong, used or out of date. Facts: tries_left."""

    code = "activation_code_wrong"


class StillHolds(Refusal):
    """Whoever leaves now gives up points or vouchers; this was not confirmed. Facts: points, vouchers, held."""

    code = "still_holds"


class MergeRefused(Refusal):
    """These two members cannot be merged, or this merge cannot be undone. Facts: reason."""

    code = "merge_refused"


class CardNotFit(Refusal):
    """The card is in no state for this. Facts: state, needs."""

    code = "card_not_fit"


class StepUpRequired(Refusal):
    """This needs the PIN first."""

    code = "step_up_required"


class GrantWrong(Refusal):
    """The PIN's grant belongs to another command or another body."""

    code = "grant_wrong"


class SessionEnded(Refusal):
    """The card session is over; tap again."""

    code = "session_ended"


class TooManyGuesses(Refusal):
    """Too many wrong codes or keys came from there before. Facts: seconds."""

    code = "too_many_guesses"


class IdempotencyConflict(Refusal):
    """This key was used before with another body."""

    code = "idempotency_conflict"


class EditConflict(Refusal):
    """Somebody else changed this meanwhile. Facts: expected, found."""

    code = "edit_conflict"


class VoucherClosed(Refusal):
    """The voucher was fulfilled or cancelled before, or its last day is over. Facts: state, day."""

    code = "voucher_closed"


class OfflineRefused(Refusal):
    """This is not redeemed while the club cannot be reached (A14). Facts: reason (off | reward | floor | stock | card | balance | long | clock)."""

    code = "offline_refused"


class Unauthorised(ClubError):
    """The caller may not do this."""

    code = "unauthorised"


class DeviceUnknown(Unauthorised):
    """No such device is enrolled."""

    code = "device_unknown"


class DeviceRevoked(Unauthorised):
    """This device was revoked."""

    code = "device_revoked"


class SignatureWrong(Unauthorised):
    """The request's signature does not verify."""

    code = "signature_wrong"


class ClockSkew(Unauthorised):
    """The request was signed at a time too far from now. Facts: now (ISO, UTC), seconds."""

    code = "clock_skew"


class EnrolCodeWrong(Unauthorised):
    """The enrolment code is wrong, used or out of date."""

    code = "enrol_code_wrong"


class SignInWrong(Unauthorised):
    """The staff number or the password is not right."""

    code = "sign_in_wrong"


class KeyWrong(Unauthorised):
    """The key of another program is missing, wrong, or its time is over. Facts: reason (expired | revoked)."""

    code = "key_wrong"


class NotAllowed(Unauthorised):
    """This role may not do that. Facts: needs."""

    code = "not_allowed"


class Malformed(ClubError):
    """The request cannot be read; the message says what was expected, what was found and where."""

    code = "malformed"


class NotFound(ClubError):
    """No such thing. Facts: kind, id."""

    code = "not_found"


class SnapshotNeeded(ClubError):
    """The places are too old, of another epoch or of other feeds: fetch everything anew. Facts: epoch."""

    code = "snapshot_needed"


class Unavailable(ClubError):
    """Not now; the same request may go through later."""

    code = "unavailable"


class WireUnknown(Unavailable):
    """The wire's version is none this side speaks; after an update of the older side it will be. Facts: oldest, newest."""

    code = "wire_unknown"


def _all(root: type[ClubError]) -> list[type[ClubError]]:
    return [root, *(found for child in root.__subclasses__() for found in _all(child))]


BY_CODE: Mapping[str, type[ClubError]] = {kind.code: kind for kind in _all(ClubError)}


def revive(code: str, message: str, facts: Mapping[str, Fact]) -> ClubError:
    """Turn a code from the wire back into its error; a code of a newer server becomes a plain `ClubError` that keeps it.

    The nearest known class is used so that `except Refusal` goes on working across versions.
    """
    kind = BY_CODE.get(code)
    if kind is not None:
        return kind(message, **facts)
    error = ClubError(message, **facts)
    error.code = code  # type: ignore[misc]  # an unknown code is kept for the log
    return error
