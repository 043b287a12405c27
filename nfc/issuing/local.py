"""An authority in this very process, with keys from a file: for laboratories and trainers, never for a store (spec N6)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from nfc.issuing.authority import AuthorityRefused, Outcome, Purpose, Step, Wish
from nfc.issuing.journal import Journal
from nfc.issuing.key_file import KeyFile
from nfc.protocol import apdu, errors, keys, making, ntag424_issue
from nfc.protocol.scripts import Ask, Random, Script


@dataclass(slots=True)
class _Run:
    """The one run there is."""

    wish: Wish
    script: Script[ntag424_issue.Reached]
    index: int
    step: Step


class LocalAuthority:
    """See ``authority.KeyAuthority``; one card at a time.

    Args:
        key_file: the keys.
        journal: notes each command before it is handed out.
        random: makes random bytes.
    """

    def __init__(self, key_file: KeyFile, journal: Journal, random: Random = secrets.token_bytes) -> None:
        self._keys, self._journal, self._random = key_file, journal, random
        self._run: _Run | None = None

    def begin(self, wish: Wish) -> Step:
        """Begin a run; one that is running is given up, and can be resumed by beginning it again."""
        try:
            making.must_fit(wish.kind, wish.uid)
        except ValueError as fault:
            raise AuthorityRefused("not_ours", str(fault)) from fault
        version, tried = self._goal(wish), self._tried(wish)
        script = making.bring_to(version, wish.kind, wish.uid, tried, self._keys, self._keys.url, self._random)
        self._journal.begun(wish.uid, wish.purpose, version)
        ask = next(script)
        self._run = _Run(wish, script, 0, self._step(wish, 0, ask))
        return self._run.step

    def answer(self, run: str, index: int, answer: bytes) -> Step:
        """Take an answer in; that of the step before, handed in again, gets the same step again."""
        running = self._run
        if running is None or running.wish.run != run:
            raise AuthorityRefused("no_run", "expected the answer of the run that is running, found another's")
        if index == running.index - 1:
            return running.step
        if index != running.index:
            raise AuthorityRefused("no_run", f"expected the answer of step {running.index}, found that of {index}")
        try:
            ask = running.script.send(apdu.Response.parse(answer))
        except StopIteration as end:
            reached: ntag424_issue.Reached = end.value
            self._journal.ended(running.wish.uid)
            outcome = Outcome(running.wish.purpose, reached.version, reached.counter)
            running.index, running.step = index + 1, Step(index + 1, None, "done", outcome)
        except errors.ProtocolError as fault:
            self._run = None
            raise AuthorityRefused(making.code_of(fault), str(fault)) from fault
        else:
            running.index, running.step = index + 1, self._step(running.wish, index + 1, ask)
        return running.step

    def _goal(self, wish: Wish) -> int:
        """The version of keys to reach."""
        if wish.purpose is Purpose.RESET:
            return keys.FACTORY_VERSION
        if wish.purpose is Purpose.ISSUE:
            return self._keys.current
        raise AuthorityRefused("not_offered", f"expected issue or reset, found {wish.purpose}")

    def _tried(self, wish: Wish) -> list[int]:
        """Every version the card may hold, the likeliest first: some kinds count each wrong guess."""
        ours, factory = sorted(self._keys.versions, reverse=True), keys.FACTORY_VERSION
        known = [factory, *ours] if wish.purpose is Purpose.ISSUE else [*ours, factory]
        torn = self._journal.torn(wish.uid)
        if torn is None:
            return known
        if torn.version not in known:
            raise AuthorityRefused(
                "version_gone",
                f"this card was begun with keys of version {torn.version}, which the key file no longer holds; "
                "put them back to finish it",
            )
        return ntag424_issue.likeliest_first(known, torn.version, torn.step)

    def _step(self, wish: Wish, index: int, ask: Ask) -> Step:
        self._journal.step(wish.uid, ask.what)
        return Step(index, ask.command.to_bytes(), ask.what)
