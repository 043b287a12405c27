"""What a tap costs besides the card: exchanges and our own milliseconds per family, and when a card's arrival is told.

- **Own code**: each family's virtual card is read at the transport as the kiosk reads it, and then proved as the central API
  does it: the SUN message verified, the challenge made and its answer checked. What the card itself takes is measured apart and
  taken off, so PC/SC and radio are in none of these figures. A real card takes some 5 to 60 ms.
- **Exchanges**: counted in the same taps. `apdus_…` ends with the evidence, `apdus_…_proved` with the proof.
- **Arrival**: a private pcscd with a virtual reader; our watch and a bare loop over SCardGetStatusChange, which does nothing else,
  see the same insertions. `event_latency_ratio` sets the median from the insertion to the instant our watch saw the card against
  that of the bare loop; `presented_latency_ratio` does so for the event handed to the program, when the card has been read.

Weakness: all of it shares one process and its lock, card and both loops; pcscd looks at virtual readers every 400 ms or so and
is most of the latency of both. The time of the reader's radio cannot be seen here.
"""

import argparse
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import nfc
from nfc import families
from nfc.evidence import Evidence
from nfc.protocol import keys, phone, proofs, scripts, sun
from nfc.protocol.ciphers import Algorithm
from nfc.virtual.card import ATR_FELICA, ATR_ISO14443_4, ATR_ULTRALIGHT, Card, UidOnly
from nfc.virtual.classic import Classic
from nfc.virtual.cpu_card import CpuCard
from nfc.virtual.desfire import member_card as desfire_card
from nfc.virtual.ntag424 import Ntag424
from nfc.virtual.pcscd import PrivatePcscd
from nfc.virtual.phone import Phone
from tests.bench.report import Aim, last_line, percentile

_UID7, _UID4 = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("A1B2C3D4")
_KEY, _META, _MASTER = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))
_NUMBER = bytes.fromhex("C0FFEE0000000001")
_WARM_UP = 20
_UID_ONLY = ("ultralight", "mifare_classic", "felica")
# The fewest that the protocols allow; docs/developer/cards.md says why.
_FEWEST = {"ntag424": 3, "desfire": 3, "cpu_3des": 3, "cpu_sm4": 3, "phone": 3, **dict.fromkeys(_UID_ONLY, 1)}
_SEEN_WITHIN_S = 5.0
_PAUSE_S = 0.55  # shorter, and pcscd may take the next card for the last one

Prove = Callable[[Callable[[bytes], bytes], Evidence], object]


@dataclass(frozen=True, slots=True)
class Subject:
    """A card to be read, and how it is proved; None when it cannot be."""

    card: Card
    prove: Prove | None = None


def subjects() -> dict[str, Subject]:
    """Every family's virtual card by the name its figures have."""
    member_phone = Phone(_NUMBER)
    return {
        "ntag424": Subject(Ntag424(_UID7, _META, keys.file_key(_MASTER, _UID7)), _verify_sun),
        "desfire": Subject(
            desfire_card(_UID7, _KEY),
            lambda transmit, _: scripts.play(proofs.desfire_ev2(1, _KEY, secrets.token_bytes(16)), transmit),
        ),
        "desfire_ev1": Subject(
            desfire_card(_UID7, _KEY, generation=1),
            lambda transmit, _: scripts.play(proofs.desfire_ev1(1, _KEY, secrets.token_bytes(16)), transmit),
        ),
        **{
            f"cpu_{algorithm}": Subject(CpuCard(_UID4, algorithm, {1: _KEY}), partial(_prove_cpu, algorithm))
            for algorithm in Algorithm
        },
        "phone": Subject(
            member_phone,
            lambda transmit, _: scripts.play(
                proofs.hce(
                    member_phone.public_key,
                    _NUMBER,
                    phone.Question(secrets.token_bytes(16), "kiosk-1", int(time.time())),
                ),
                transmit,
            ),
        ),
        "mifare_classic": Subject(Classic(_UID4)),
        "ultralight": Subject(UidOnly(_UID7, ATR_ULTRALIGHT)),
        "felica": Subject(UidOnly(bytes(range(1, 9)), ATR_FELICA)),
        "unknown": Subject(UidOnly(_UID7, ATR_ISO14443_4)),
    }


def _prove_cpu(algorithm: Algorithm, transmit: Callable[[bytes], bytes], evidence: Evidence) -> object:
    return scripts.play(proofs.cpu(algorithm, 1, _KEY, secrets.token_bytes(algorithm.block)), transmit)


def _verify_sun(transmit: Callable[[bytes], bytes], evidence: Evidence) -> object:
    return sun.verify(sun.parse(evidence.sun_url or ""), _META, partial(keys.file_key, _MASTER))


class _Carrier:
    """Carries commands to a card, counts them, and notes how long the card takes."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.count = 0
        self.card_s = 0.0

    def __call__(self, command: bytes) -> bytes:
        began = time.perf_counter()
        answer = self._card.transmit(command)
        self.card_s += time.perf_counter() - began
        self.count += 1
        return answer or b""


def own_code(name: str, subject: Subject, taps: int) -> dict[str, float]:
    """The figures of one family."""
    own: list[float] = []
    read = proved = 0
    for number in range(taps + _WARM_UP):
        subject.card.power_on()
        carrier = _Carrier(subject.card)
        began = time.perf_counter()
        evidence = families.read_evidence(carrier, subject.card.atr)
        read = carrier.count
        if subject.prove:
            subject.prove(carrier, evidence)
        took = time.perf_counter() - began - carrier.card_s
        proved = carrier.count
        if number >= _WARM_UP:
            own.append(took * 1000)
    figures = {
        f"apdus_{name}": float(read),
        f"own_ms_p50_{name}": percentile(own, 50),
        f"own_ms_p95_{name}": percentile(own, 95),
    }
    if proved != read:
        figures[f"apdus_{name}_proved"] = float(proved)
    print(
        f"  {name:15} {read:2} exchanges, {proved:2} with proof, own code {figures[f'own_ms_p50_{name}']:6.3f} ms, "
        f"p95 {figures[f'own_ms_p95_{name}']:6.3f} ms",
        flush=True,
    )
    return figures


class _BareLoop:
    """SCardGetStatusChange and nothing else: when a card was first seen on a reader."""

    def __init__(self, reader: str) -> None:
        from smartcard import scard

        self._scard: Any = scard
        self._reader = reader
        self.seen: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._stop = threading.Event()
        result, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if result:
            raise RuntimeError(f"expected a PC/SC service, found {result:08X}")
        self._thread = threading.Thread(target=self._run, name="bare-loop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._scard.SCardCancel(self._context)
        self._thread.join()
        self._scard.SCardReleaseContext(self._context)

    def _run(self) -> None:
        scard, state, present = self._scard, self._scard.SCARD_STATE_UNAWARE, False
        while not self._stop.is_set():
            result, found = scard.SCardGetStatusChange(self._context, 500, [(self._reader, state)])
            at = time.monotonic()
            if result:
                continue
            state = found[0][1] & ~scard.SCARD_STATE_CHANGED
            there = bool(state & scard.SCARD_STATE_PRESENT)
            if there and not present:
                self.seen.put(at)
            present = there


def arrivals(insertions: int) -> dict[str, float]:
    """How long after the insertion each loop saw the card."""
    taps: queue.SimpleQueue[tuple[float, nfc.Event]] = queue.SimpleQueue()
    ours: list[float] = []
    told: list[float] = []
    bare: list[float] = []
    with PrivatePcscd() as pcscd:
        os.environ.update(pcscd.env)  # libpcsclite reads it once, at the first connection
        timing = nfc.Timing(debounce_s=0.0)
        with (
            pcscd.slot(0) as slot,
            _BareLoop(pcscd.readers[0]) as loop,
            nfc.open_reader("pcsc", lambda event: taps.put((time.monotonic(), event)), timing=timing),
        ):
            _next(taps, nfc.ReaderReady)
            for number in range(insertions):
                time.sleep(_PAUSE_S + 0.4 * number / insertions)  # every phase of pcscd's own looking
                inserted = time.monotonic()
                slot.insert(UidOnly(_UID7))
                at, event = _next(taps, nfc.CardPresented)
                bare.append((loop.seen.get(timeout=_SEEN_WITHIN_S) - inserted) * 1000)
                ours.append((event.seen_at - inserted) * 1000)
                told.append((at - inserted) * 1000)
                slot.remove()
                _next(taps, nfc.CardGone)
    figures = {
        "event_latency_ms_p50": percentile(ours, 50),
        "event_latency_ms_p95": percentile(ours, 95),
        "bare_latency_ms_p50": percentile(bare, 50),
        "bare_latency_ms_p95": percentile(bare, 95),
        "event_latency_ratio": percentile(ours, 50) / percentile(bare, 50),
        "presented_latency_ratio": percentile(told, 50) / percentile(bare, 50),
        "presented_after_bare_ms_p50": percentile([a - b for a, b in zip(told, bare, strict=True)], 50),
        "insertions": float(insertions),
    }
    print(
        f"  {insertions} insertions: seen after {figures['event_latency_ms_p50']:.1f} ms by the watch, "
        f"{figures['bare_latency_ms_p50']:.1f} ms by a bare loop",
        flush=True,
    )
    return figures


def _next(taps: "queue.SimpleQueue[tuple[float, nfc.Event]]", kind: type) -> tuple[float, Any]:
    while True:
        at, event = taps.get(timeout=_SEEN_WITHIN_S)
        if isinstance(event, kind):
            return at, event


def aims_of(figures: Mapping[str, float]) -> dict[str, Aim]:
    """What is aimed at: 3 ms of our own for what every tap does, no exchange too many, no later than a bare loop."""
    aims = {f"own_ms_p95_{name}": Aim(3) for name in ("ntag424", *_UID_ONLY)}
    aims |= {f"apdus_{name}": Aim(fewest) for name, fewest in _FEWEST.items()}
    return aims | ({"event_latency_ratio": Aim(1.05)} if "event_latency_ratio" in figures else {})


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench cards")
    parser.add_argument("--taps", type=int, default=500, help="of each family at the transport (default: 500)")
    parser.add_argument("--insertions", type=int, default=40, help="on the virtual reader, 0 for none (default: 40)")
    options = parser.parse_args(arguments)
    figures: dict[str, float] = {}
    for name, subject in subjects().items():
        figures |= own_code(name, subject, options.taps)
    if options.insertions:
        figures |= arrivals(options.insertions)
    print(last_line("cards", figures, aims_of(figures)), flush=True)
    return 0
