"""Vouchers at a kiosk's staff mode: shown with what staff must know, then fulfilled by the rule that tills use too (A14, K12)."""

from dataclasses import dataclass
from datetime import date, datetime

from central_api import texts
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.lifecycle import repository
from central_api.lifecycle.staff_mode import StaffAtKiosk
from central_api.members import repository as members
from central_api.rewards import catalogue, voucher_life
from central_api.rewards import repository as rewards
from central_api.rewards.content import RewardContent
from central_api.rewards.voucher_life import Counter
from central_api.staff import audit
from club.model import errors
from club.model.text import Text
from club.wire.staff_mode import DeskVoucher, FulfilVoucher


@dataclass(frozen=True, slots=True)
class Seen:
    """A voucher as staff see it but for its holder's card, whose printed `card` number is masked by whoever shows it."""

    shown: DeskVoucher
    card: str


def look(tx: Tx, session: StaffAtKiosk, code: str, now: datetime) -> Seen:
    """What a voucher is for, whose, and whether it is good here today; that somebody looked is logged.

    Raises:
        NotFound: no voucher has this code. Facts: kind.
    """
    seen, voucher_id = _seen(tx, session, code, _today(tx, session, now))
    _note(tx, session, "voucher.look", voucher_id, now)
    return seen


def is_done(tx: Tx, session: StaffAtKiosk, wish: FulfilVoucher) -> bool:
    """Whether this very act was done, and is only said again: its answer was lost."""
    known = rewards.closed_under(tx, session.person.actor, wish.act_id)
    return known is not None and bool(known.code == wish.code)


def fulfil(tx: Tx, session: StaffAtKiosk, wish: FulfilVoucher, now: datetime) -> Seen:
    """Hand over what a voucher is for, once; said again under the same id by the same person, the same answer.

    Raises:
        NotFound: no voucher has this code.
        IdempotencyConflict: the id was used for another voucher.
        VoucherClosed, RewardNotOffered: see `voucher_life.fulfil`.
    """
    today = _today(tx, session, now)
    counter = Counter(session.store, session.person.actor, wish.act_id, today)
    known = rewards.closed_under(tx, counter.by, counter.reference)
    if known is not None and known.code != wish.code:
        raise errors.IdempotencyConflict("this id was used before for another voucher")
    done = voucher_life.fulfil(tx, wish.code, counter, now)
    if not done.again:
        _note(tx, session, "voucher.fulfil", done.voucher, now)
    seen, _ = _seen(tx, session, wish.code, today)
    return seen


def _today(tx: Tx, session: StaffAtKiosk, now: datetime) -> date:
    return texts.local_day(now, stores.store(tx, session.store).time_zone)


def _seen(tx: Tx, session: StaffAtKiosk, code: str, today: date) -> tuple[Seen, str]:
    row = rewards.voucher_of_code(tx, code)
    if row is None:
        raise errors.NotFound("expected the code of a voucher, found none like it", kind="voucher")
    content: RewardContent = row.content
    reward, member = rewards.reward(tx, row.reward), members.member(tx, row.member)
    names = catalogue.store_names(tx)
    place = repository.bought_at(tx, row.redemption) if row.redemption is not None else None
    shown = DeskVoucher(
        code=row.code,
        state="expired" if row.state == "issued" and row.valid_to < today else row.state,
        name=content.name,
        category=reward.category,
        fits=content.fits,
        value_fen=reward.value_fen,
        points=row.unit_points or 0,
        issued_at=row.issued_at,
        bought_at=texts.text(place),
        valid_to=row.valid_to,
        here=not content.stores or session.store in content.stores,
        stores=catalogue.names_for(content, names),
        surname=texts.text(member.surname),
        title=texts.text(member.title),
        tier=member.tier,
        card="",
        closed_at=row.closed_at,
        closed_store=names.get(row.closed_store, Text("")),
    )
    return Seen(shown, _card_of(tx, row.member)), row.id


def _card_of(tx: Tx, member: str) -> str:
    """The number of a card that the holder can show."""
    return next((str(card.number) for card in cards.cards_of(tx, member) if card.state == "active"), "")


def _note(tx: Tx, session: StaffAtKiosk, act: str, voucher_id: str, now: datetime) -> None:
    facts: dict[str, int | str] = {"kiosk": session.place, "staff_card": session.card}
    audit.record(tx, actor=session.person.actor, act=act, subject=f"voucher:{voucher_id}"[:128], now=now, facts=facts)
