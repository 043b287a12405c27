"""The commands of this room: keys, webhooks, import, export; `central_api.__main__` puts them beside the others."""

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from central_api.context import Context
from central_api.integrations.exchange import service as exchange
from central_api.integrations.keys import cli as keys
from central_api.integrations.keys import scopes
from central_api.integrations.keys.service import Wish
from central_api.integrations.webhooks import service as webhooks
from central_api.outbox.service import KINDS
from club.settings import CentralSettings

Opened: TypeAlias = Callable[[CentralSettings], AbstractContextManager[Context]]
"""Opens what a command works with, and closes it."""
Add: TypeAlias = Callable[..., argparse.ArgumentParser]
"""Adds a command: its name, what it does, a line about it, and the group it belongs to."""
Options: TypeAlias = argparse.Namespace


def register(commands: Any, add: Add, opened: Opened) -> None:
    """Add the commands to the command line.

    Args:
        commands: where groups of commands are added.
        add: adds one command.
        opened: opens the context of one.
    """
    _register_keys(commands, add, opened)
    _register_webhooks(commands, add, opened)
    for name, call, about in (
        ("import", _import, "bring in a file: members with opening balances, bills, rewards or stock"),
        ("export", _export, "write a file of members, bills, rewards or stock"),
    ):
        found = add(name, partial(call, opened), about)
        found.add_argument("kind", choices=sorted(exchange.KINDS))
        found.add_argument("file", type=Path, help="ending in .xlsx or .csv")
        found.add_argument("--source", default="import", help="the program whose numbers it holds, such as dms-east")
        if name == "import":
            found.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
            found.add_argument(
                "--skip-bad", action="store_true", help="book what can be booked, in spite of wrong rows"
            )


def _register_keys(commands: Any, add: Add, opened: Opened) -> None:
    about = "keys with which other programs call"
    group = commands.add_parser("api-keys", help=about, description=about).add_subparsers(
        required=True, metavar="COMMAND"
    )
    new = add("new", partial(_keys_new, opened), "make a key and print it; it is shown this once", group)
    new.add_argument("--name", required=True, help="what it is for, such as 'DMS east'")
    new.add_argument("--source", required=True, help="the program whose numbers come with it, such as dms-east")
    new.add_argument("--scopes", required=True, help=f"with commas: {','.join(scopes.ALL)}")
    new.add_argument("--store", help="good for this store alone; without it for all")
    new.add_argument("--days", type=int, help="good for so many days; without it until revoked")
    add("list", partial(_keys_list, opened), "print every key's id, state and use, never the key", group)
    end = add("revoke", partial(_keys_revoke, opened), "end a key at once", group)
    end.add_argument("id", help="as `api-keys list` prints it")


def _register_webhooks(commands: Any, add: Add, opened: Opened) -> None:
    about = "addresses of other programs that are told what happens"
    group = commands.add_parser("webhooks", help=about, description=about)
    verbs = group.add_subparsers(required=True, metavar="COMMAND")
    said = "add an address; prints its id and the secret its receiver checks with"
    new = add("add", partial(_webhooks_add, opened), said, verbs)
    new.add_argument("url", help="such as https://dms.example.com/club")
    new.add_argument("--kinds", default="", help=f"with commas; without it all: {','.join(KINDS)}")
    new.add_argument("--store", help="what happens at this store alone; without it all")
    add(
        "list",
        partial(_webhooks_list, opened),
        "print every address: on or off, how much waits, how much is dead",
        verbs,
    )
    test = add("test", partial(_webhooks_test, opened), "send a ping at once and print how it ended", verbs)
    again = add("replay", partial(_webhooks_replay, opened), "send again what is dead, and switch it on again", verbs)
    again.add_argument("--from", type=int, dest="first", metavar="SEQUENCE", help="all that is kept from there on")
    gone = add(
        "remove", partial(_webhooks_remove, opened), "take an address away; what waits for it is never sent", verbs
    )
    for each in (test, again, gone):
        each.add_argument("id", help="as `webhooks list` prints it")


def _keys_new(opened: Opened, settings: CentralSettings, options: Options) -> None:
    wish = Wish(options.name, options.source, options.scopes.split(","), options.store, options.days)
    with opened(settings) as context:
        _say(keys.new(context, wish))


def _keys_list(opened: Opened, settings: CentralSettings, options: Options) -> None:
    with opened(settings) as context:
        _say(*keys.lines(context))


def _keys_revoke(opened: Opened, settings: CentralSettings, options: Options) -> None:
    with opened(settings) as context:
        keys.revoke(context, options.id)
    _say("revoked")


def _webhooks_add(opened: Opened, settings: CentralSettings, options: Options) -> None:
    kinds = [kind for kind in options.kinds.split(",") if kind]
    with opened(settings) as context:
        added = webhooks.add(context, options.url, kinds, options.store)
    _say(f"id: {added.id}", f"secret: {added.secret}")


def _webhooks_list(opened: Opened, settings: CentralSettings, options: Options) -> None:
    with opened(settings) as context:
        _say(*webhooks.lines(context))


def _webhooks_test(opened: Opened, settings: CentralSettings, options: Options) -> bool:
    with opened(settings) as context:
        outcome = webhooks.ping(context, options.id)
    _say(f"{'taken' if outcome.taken else 'not taken'}: {outcome.said}")
    return outcome.taken


def _webhooks_replay(opened: Opened, settings: CentralSettings, options: Options) -> None:
    with opened(settings) as context:
        _say(f"{webhooks.replay(context, options.id, options.first)} deliveries wait to be sent again")


def _webhooks_remove(opened: Opened, settings: CentralSettings, options: Options) -> None:
    with opened(settings) as context:
        webhooks.remove(context, options.id)
    _say("removed")


def _import(opened: Opened, settings: CentralSettings, options: Options) -> bool:
    with opened(settings) as context:
        report = exchange.bring_in(
            context,
            exchange.KINDS[options.kind],
            options.file,
            source=options.source,
            dry_run=options.dry_run,
            skip_bad=options.skip_bad,
        )
    _say(*map(str, report.faults), str(report))
    return not report.refused


def _export(opened: Opened, settings: CentralSettings, options: Options) -> None:
    with opened(settings) as context:
        count = exchange.write_out(context, exchange.KINDS[options.kind], options.file, source=options.source)
    _say(f"{count} rows in {options.file}")


def _say(*lines: str) -> None:
    for line in lines:
        print(line)  # noqa: T201 -- what a command answers
