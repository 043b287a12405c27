"""The operator's commands for redeeming offline: turn it on or off, and see what the store bears (A14)."""

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeAlias

from central_api.context import Context
from central_api.devices import repository as stores
from central_api.rewards.offline import rules, settling
from central_api.rewards.offline.rules import Rules
from club.model import errors
from club.settings import CentralSettings

Opened: TypeAlias = Callable[[CentralSettings], AbstractContextManager[Context]]
Add: TypeAlias = Callable[..., argparse.ArgumentParser]
_BY = "operator"


def add_commands(add: Add, group: Callable[[str, str], object], opened: Opened, say: Callable[[str], None]) -> None:
    """Add the commands to the command line.

    Args:
        add: adds one command.
        group: adds a group of commands.
        opened: opens the context of one.
        say: prints a line.
    """
    within = group("offline", "what kiosks may hand out while the club cannot be reached")
    put = add("put", partial(_put, opened, say), "set a store's rules, from now on; off unless --on is given", within)
    put.add_argument("--store", required=True, help="the store's slug")
    put.add_argument("--on", action="store_true", help="hand out; without it nothing is")
    put.add_argument("--floor", type=int, default=200, metavar="POINTS", help="of one card in one outage")
    put.add_argument("--hours", type=int, default=24, help="an outage that has lasted longer hands nothing out")
    put.add_argument(
        "--quota",
        action="append",
        default=[],
        metavar="REWARD=PIECES",
        help="a marked reward, and its pieces of one device in one outage; may be given many times",
    )
    shown = add("list", partial(_list, opened, say), "what a store bears, and what its staff have to look into", within)
    shown.add_argument("--store", required=True, help="the store's slug")
    seen = add("seen", partial(_seen, opened, say), "note that one of the list has been looked into", within)
    seen.add_argument("command_id", metavar="COMMAND", help="as the list has it")


def _put(opened: Opened, say: Callable[[str], None], settings: CentralSettings, options: argparse.Namespace) -> None:
    wanted = Rules(options.on, options.floor, options.hours, dict(_quota(one) for one in options.quota))
    with opened(settings) as context:
        now = context.clock.now()
        with context.db.write() as tx:
            _must_be_a_store(options.store, {store.slug for store in stores.all_stores(tx)})
            rules.put(tx, context.keyring, options.store, wanted, starts=now, by=_BY, now=now, new_id=context.new_id)
    state = "on" if wanted.enabled else "off"
    say(f"{options.store}: {state} from now on; kiosks hear of it when they next reach the club")


def _list(opened: Opened, say: Callable[[str], None], settings: CentralSettings, options: argparse.Namespace) -> None:
    with opened(settings) as context, context.db.read() as tx:
        say(f"{options.store} bears {settling.store_account(tx, options.store)} points")
        for row in settling.staff_list(tx, options.store):
            at = row.issued_at.isoformat(timespec="minutes")
            say(f"{row.command}  {at}  {row.reward}  {row.code}  {row.reason}  {row.shortfall} of {row.price} points")


def _seen(opened: Opened, say: Callable[[str], None], settings: CentralSettings, options: argparse.Namespace) -> bool:
    with opened(settings) as context, context.db.write() as tx:
        done = settling.looked_into(tx, options.command_id, by=_BY, now=context.clock.now())
    say("noted" if done else f"expected a command of the list that nobody has looked into, found {options.command_id}")
    return done


def _quota(text: str) -> tuple[str, int]:
    reward, _, pieces = text.partition("=")
    if not pieces.isdecimal():
        raise errors.Malformed(f"expected a quota such as quick-wash=10, found {text!r}")
    return reward, int(pieces)


def _must_be_a_store(store: str, known: set[str]) -> None:
    if store not in known:
        raise errors.NotFound(f"expected one of the stores {', '.join(sorted(known))}, found {store!r}", kind="store")
