"""LED and buzzer: the right bytes by the right way, and silence where there is neither (spec N7)."""

from __future__ import annotations

import pytest

from nfc import feedback, service
from nfc.virtual.card import UidOnly
from tests.nfc.scripted_service import ScriptedService

ACR122, ACR1252 = "ACS ACR122U PICC Interface 00 00", "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00"
UID = bytes.fromhex("04112233445566")


class Lights(UidOnly):
    """A card on an ACR122U, which takes its own commands from between the card's."""

    def __init__(self, answer: str) -> None:
        super().__init__(UID)
        self.asked: list[str] = []
        self._answer = bytes.fromhex(answer)

    def transmit(self, command: bytes) -> bytes | None:
        self.asked.append(command.hex().upper())
        return self._answer


def sent(reader: str, card: UidOnly | None, fault: Exception | None = None) -> tuple[bool, list[str]]:
    scripted = ScriptedService()
    scripted.plug(reader)
    scripted.escape_fault = fault
    if card:
        scripted.lay(reader, card)
    command = feedback.command_for(reader, feedback.Signal.ACCEPTED)
    assert command
    lit = feedback.send(scripted.open_context(), reader, command)
    return lit, [escape.hex().upper() for _, escape in scripted.escapes]


@pytest.mark.parametrize(
    ("reader", "accepted", "refused"),
    [
        (ACR122, "FF0040A80401010101", "FF0040540402010201"),
        (ACR1252, "E0000028010A", "E00000280128"),
        ("ACS ACR1251 CL Reader PICC 00 00", "E0000028010A", "E00000280128"),
    ],
)
def test_the_commands(reader: str, accepted: str, refused: str) -> None:
    commands = [feedback.command_for(reader, signal) for signal in feedback.Signal]
    assert [command.data.hex().upper() for command in commands if command] == [accepted, refused]


def test_other_readers_have_none() -> None:
    assert feedback.command_for("HID Omnikey 5022 CL 00 00", feedback.Signal.ACCEPTED) is None


def test_an_acr122_with_a_card_takes_it_as_an_apdu_whatever_its_leds_say() -> None:
    card = Lights("9003")
    assert sent(ACR122, card) == (True, [])
    assert card.asked == ["FF0040A80401010101"]


def test_without_a_card_it_is_an_escape_command() -> None:
    assert sent(ACR122, None) == (True, ["FF0040A80401010101"])


def test_a_reader_that_does_not_take_it_as_an_apdu_gets_it_as_an_escape() -> None:
    assert sent(ACR122, Lights("6300")) == (True, ["FF0040A80401010101"])


def test_an_acr1252_is_never_sent_an_apdu() -> None:
    card = Lights("9000")
    # The scripted service answers as an ACR122U: that is not how this one says yes.
    assert sent(ACR1252, card) == (False, ["E0000028010A"])
    assert card.asked == []


@pytest.mark.parametrize(
    ("fault", "again"),
    [(service.CardSilent("SCardControl: 80100016"), False), (service.CardBusy("SCardConnect: 8010000B"), True)],
)
def test_what_cannot_be_sent_is_silently_absent(fault: Exception, again: bool) -> None:
    assert sent(ACR122, None, fault) == (again, [])


@pytest.mark.parametrize("fault", [service.ServiceLost("8010001D"), service.ReaderVanished("80100009")])
def test_a_lost_reader_is_not_taken_for_one_without_lights(fault: Exception) -> None:
    with pytest.raises(type(fault)):
        sent(ACR1252, None, fault)
