"""The routes of joining at the kiosk, and of a member's own phone (K10, K11). What is typed is never logged."""

from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody

from central_api import texts
from central_api.bodies import strict
from central_api.cards import pins, sessions
from central_api.cards import repository as cards
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.device_api.answers import answer
from central_api.device_api.caller import Kiosk, for_kiosks
from central_api.devices.enrolled import Device
from central_api.lifecycle import own_phone, registration
from central_api.members import consents
from central_api.members import repository as members
from central_api.programme import service as programmes
from central_api.rewards import service as rewards
from club.model import errors
from club.model.text import Text
from club.wire.members import (
    Activate,
    Activated,
    ChangePhone,
    ConsentText,
    ConsentTexts,
    PhoneChanged,
    Register,
    Registered,
    phone_digest,
)

_TITLES = {"mr": Text("先生", "Mr"), "ms": Text("女士", "Ms")}


@get("/consent-texts", tags=["members"])
@for_kiosks
def consent_texts(context: Served, kiosk: Kiosk) -> Response[ConsentTexts]:
    """The texts in force; whoever joins agrees to these versions."""
    with context.db.read() as tx:
        rows = consents.current(tx, context.clock.now())
    found = [
        ConsentText(
            document=row.document,
            version=row.version,
            title=texts.text(row.title),
            text=texts.text(row.text),
            required=row.document in consents.REQUIRED,
        )
        for _, row in sorted(rows.items())
    ]
    return answer(ConsentTexts(texts=tuple(found)))


@post("/members/registrations", dto=strict(Register), return_dto=None, status_code=200, tags=["members"])
@for_kiosks
def register(data: JSONBody[Register], context: Served, kiosk: Kiosk) -> Response[Registered]:
    """Take a registration in; it waits for its code for some days (K10). A member's number is answered as any other (ADR 17)."""
    now = context.clock.now()
    who = registration.Applicant(
        kind="person",
        surname=_surname(data.surname),
        title=_TITLES[data.title],
        given=data.given,
        phone=data.phone,
        language=data.language,
        source=data.source,
        agreed={one.document: one.version for one in data.agreed},
        plate=data.plate,
    )

    def work(tx: Tx) -> registration.Registered:
        return registration.register(
            tx,
            _desk(context),
            programmes.current(tx, now),
            data.registration_id,
            who,
            store=kiosk.store,
            by=f"device:{kiosk.id}",
            now=now,
        )

    made = context.db.run(work)
    return answer(Registered(registration_id=made.registration, activate_by=made.expires_at))


@post("/members/activations", dto=strict(Activate), return_dto=None, status_code=200, tags=["members"])
@for_kiosks
def activate(data: JSONBody[Activate], context: Served, kiosk: Kiosk) -> Response[Activated]:
    """Begin the membership by the code that was told (K10); whose number is a member's hears it by the right code alone."""
    now = context.clock.now()

    def work(tx: Tx) -> Activated | errors.ActivationCodeWrong | errors.AlreadyMember:
        found = registration.activate(
            tx,
            _desk(context),
            programmes.current(tx, now),
            data.registration_id,
            data.code,
            offers=programmes.counting(tx, now).joining,
            by=f"device:{kiosk.id}",
            now=now,
        )
        if not isinstance(found, str):
            return found
        return Activated(registration_id=data.registration_id, valid_to=members.member(tx, found).valid_to)

    done = context.db.run(work)
    if not isinstance(done, Activated):  # raised out here: the wrong code is to be counted
        raise done
    return answer(done)


@post("/members/self/phone", dto=strict(ChangePhone), return_dto=None, status_code=200, tags=["members"])
@for_kiosks
def change_phone(data: JSONBody[ChangePhone], context: Served, kiosk: Kiosk) -> Response[PhoneChanged]:
    """Give the member whose card lies on the reader another phone, by a grant of their PIN (K11); sent again it changes nothing.

    One that another member has is answered as any other (ADR 17): nothing changes, and staff are told.
    """
    return answer(context.db.run(lambda tx: _change_phone(tx, context, kiosk, data)))


def _change_phone(tx: Tx, context: Context, kiosk: Device, data: ChangePhone) -> PhoneChanged:
    now, minutes = context.clock.now(), context.settings.sessions.card_minutes
    # The member's row before the session's, as whoever leaves, or is merged, locks it: who has left gets no phone again.
    asked = sessions.get(tx, data.session_id, kiosk)
    if members.find(tx, asked.member, lock=True).status == "closed":
        raise errors.SessionEnded("the membership is closed; its card opens nothing any more")
    session = sessions.find(tx, data.session_id, kiosk, now, minutes)
    grant = pins.check_grant(
        tx,
        grant_id=data.grant,
        command_id=data.command_id,
        session_id=session.id,
        body_sha256=phone_digest(data),
        rules=rewards.pin_rules(programmes.current(tx, now), minutes),
        now=now,
    )
    if cards.use_grant(tx, grant, now):
        own_phone.ask(tx, context.vault, session.member, data.phone, by=f"device:{kiosk.id}", now=now)
    return PhoneChanged(phone=own_phone.shown(data.phone))


def _surname(text: str) -> Text:
    """A surname of Latin letters stands in both languages."""
    return Text(text, text if text.isascii() else "")


def _desk(context: Context) -> registration.Desk:
    return registration.Desk(
        context.vault,
        context.keyring,
        context.new_id,
        context.random_below,
        context.tell_code,
        an_hour=context.settings.sessions.registrations,
    )


handlers: list[Any] = [consent_texts, register, activate, change_phone]
