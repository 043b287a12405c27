"""The part of the command line that looks after members, cards and keys: arguments in, lines out (`cli` does the work)."""

import argparse
import getpass
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from central_api.context import Context
from central_api.lifecycle import cli
from club.settings import CentralSettings

Opened: TypeAlias = Callable[[CentralSettings], AbstractContextManager[Context]]
Printed: TypeAlias = Callable[[str], None]
Work: TypeAlias = Callable[[Context, argparse.Namespace, Printed], None]
Add: TypeAlias = Callable[..., argparse.ArgumentParser]


def add_commands(add: Add, group: Callable[[str, str], Any], opened: Opened, printed: Printed) -> None:
    """Add the groups `members`, `cards` and `keys`.

    Args:
        add: adds a command: name, call, text, group.
        group: adds a group: name, text.
        opened: opens the service's parts for one command.
        printed: prints a line.
    """

    def command(name: str, work: Work, text: str, to: Any) -> argparse.ArgumentParser:
        def call(settings: CentralSettings, options: argparse.Namespace) -> None:
            with opened(settings) as context:
                work(context, options, printed)

        return add(name, call, text, to)

    people = group("members", "look after members")
    one = command("find", _find, "find members by phone, its last digits, plate, VIN, name or number; masked", people)
    one.add_argument("query", help="such as 13800006621, 6621, 沪A·12345")
    one = command("export", _export, "write everything about a member to a new file (JSON)", people)
    one.add_argument("member", help="the member's id")
    one.add_argument("--to", type=Path, required=True, metavar="FILE")
    one = command("erase", _erase, "close a membership and erase what is personal of it, for ever", people)
    one.add_argument("member", help="the member's id")
    one.add_argument("--give-up", action="store_true", help="points and vouchers that are left go")
    one = command("merge", _merge, "merge a member into another", people)
    one.add_argument("source", help="the id that is closed")
    one.add_argument("target", help="the id that stays")
    one = command("undo-merge", _undo_merge, "undo a merge", people)
    one.add_argument("merge", help="the id that merge printed")

    one = command("extend-points", _extend, "let points that end on one day live longer, with a reason", people)
    one.add_argument("member", help="the member's id")
    one.add_argument("--ending", type=date.fromisoformat, required=True, metavar="DAY", help="such as 2026-09-30")
    one.add_argument(
        "--until", type=date.fromisoformat, required=True, metavar="DAY", help="their last day from now on"
    )
    one.add_argument("--reason", required=True, help="why; it stands in the log of acts")

    cards = group("cards", "look after cards")
    one = command("block", _block, "block a card that was reported lost", cards)
    one.add_argument("number", help="as printed on the card")
    one = command("replace", _replace, "give a holder another card; asks for its PIN twice", cards)
    one.add_argument("old", help="number of the old card")
    one.add_argument("new", help="number of a card in stock")

    one = command("permit", _permit, "let a kiosk issue or reset cards, for some hours", cards)
    one.add_argument("place", help="where the kiosk stands, such as kiosk-1")
    one.add_argument("purpose", choices=("issue", "reset"))
    one.add_argument("--batch", required=True, help="of which batch they are, such as 2026-05")
    one.add_argument("--cards", type=int, required=True, help="how many")
    one.add_argument("--hours", type=int, default=8, help="for how long (default: 8)")
    command("stock", _stock, "count the cards of each batch, face and state", cards)
    command("renew-keys", _renew_card_keys, "make a new version of the keys that cards are given", cards)

    one = command("take-in", _take_in, "take a blank NTAG 424 into stock, that a kiosk writes in staff mode", cards)
    one.add_argument("uid", help="14 hexadecimal digits, as `nfc-cards identify` shows it")
    one.add_argument("number", help="as printed on the card, such as '8800 0127 2719'")
    one.add_argument("--batch", required=True, help="such as 2026-05")
    one.add_argument("--face", default="classic", help="what is printed on it (default: classic)")
    one = command("staff", _staff_card, "make an NTAG 424 that a kiosk wrote the staff card of a staff number", cards)
    one.add_argument("number", help="the staff number")
    one.add_argument("uid", help="14 hexadecimal digits")
    one = command("staff-pin", _staff_pin, "set the PIN that goes with a staff card; asks for it twice", cards)
    one.add_argument("number", help="the staff number")
    one = command("block-staff", _block_staff, "block a staff card that was lost", cards)
    one.add_argument("uid", help="14 hexadecimal digits")

    keys = group("keys", "renew the keys of personal data")
    command("add-master", _add_master, "add a master key to the file of the keys", keys)
    command("rewrap", _rewrap, "wrap the data keys by the newest master key", keys)
    one = command("renew-data", _renew_data, "seal every personal field under a new data key", keys)
    one.add_argument("--resume", action="store_true", help="go on with an earlier run; makes no new key")


def _find(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    lines = cli.find(context, options.query)
    for line in lines or ["nobody"]:
        printed(line)


def _export(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    cli.export_member(context, options.member, options.to)
    printed(f"everything about {options.member} is in {options.to}; hand it over and remove it")


def _erase(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    done = cli.erase(context, options.member, gives_up=options.give_up)
    printed(
        f"{options.member} has left: {done.points} points and {done.vouchers} vouchers given up, personal data erased"
    )


def _merge(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    done = cli.merge(context, options.source, options.target)
    printed(f"merge {done.merge}: {done.points} points and {done.tier_points} tier points moved; undo it by this id")


def _undo_merge(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    done = cli.undo_merge(context, options.merge)
    printed(f"merge {done.merge} undone: {done.points} points and {done.tier_points} tier points went back")


def _extend(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    done = cli.extend(context, options.member, options.ending, options.until, options.reason)
    printed(f"{done.points} points of {done.member} live until {options.until}")


def _block(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    printed(f"card {cli.block(context, options.number)} is blocked")


def _replace(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    cli.replace(context, options.old, options.new, lambda: (getpass.getpass("PIN: "), getpass.getpass("again: ")))
    printed("the new card is in use, the old one is good for nothing")


def _permit(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    if options.cards < 1 or options.hours < 1:
        raise ValueError(f"expected at least 1 card and 1 hour, found {options.cards} and {options.hours}")
    until = cli.permit_cards(context, options.place, options.purpose, options.batch, options.cards, options.hours)
    printed(
        f"{options.place} may {options.purpose} {options.cards} cards of {options.batch} until {until:%Y-%m-%d %H:%M} UTC"
    )


def _stock(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    for line in cli.card_stock(context) or ["no cards"]:
        printed(line)


def _take_in(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    card = cli.take_in(context, options.uid, options.number, options.face, options.batch)
    printed(f"card {card} is in stock, of batch {options.batch}")


def _staff_card(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    card = cli.give_staff_card(context, options.number, options.uid)
    printed(f"staff card {card} opens staff mode for {options.number}, with a PIN: cards staff-pin {options.number}")


def _staff_pin(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    cli.set_staff_pin(context, options.number, lambda: (getpass.getpass("PIN: "), getpass.getpass("again: ")))
    printed(f"staff number {options.number} has a new PIN")


def _block_staff(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    cli.block_staff_card(context, options.uid)
    printed("this card opens staff mode no more")


def _renew_card_keys(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    printed(f"cards are given keys of version {cli.renew_card_keys(context)} from now on; older ones stay good")


def _add_master(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    printed(f"master key {cli.add_master(context)} added; give the file to every process, then run keys rewrap")


def _rewrap(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    printed(f"{cli.wrap_anew(context)} data keys wrapped anew")


def _renew_data(context: Context, options: argparse.Namespace, printed: Printed) -> None:
    done = cli.seal_anew(context, new_key=not options.resume)
    printed(f"{done.values} values sealed anew by data key {done.number}")
    if done.dropped:
        printed(f"dropped: {', '.join(map(str, done.dropped))}")
    if done.kept:
        printed(f"kept for now: {', '.join(map(str, done.kept))}; run it with --resume in an hour")
