"""The command line of the central API; `central-api --help` names its commands."""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from central_api import app, backup, restore, server
from central_api.bills import programme_cli as programme
from central_api.context import Context
from central_api.db import Database
from central_api.demo_data import loader
from central_api.demo_data.files import DemoFolder
from central_api.devices import service as devices
from central_api.integrations import commands as integrations
from central_api.jobs import cli as jobs
from central_api.ledger.proof import report
from central_api.lifecycle import commands as lifecycle
from central_api.migrations import runner
from central_api.rewards.offline import commands as offline
from central_api.staff import cli as staff
from club import resources
from club.model import errors
from club.model.clock import clock_for
from club.settings import CentralSettings, SettingsRefused, load, log

Command: TypeAlias = Callable[[CentralSettings, argparse.Namespace], bool | None]
"""Does what it is for; one that judges returns whether what it found is right."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 refused or not right, 2 the settings or arguments cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(options.config, CentralSettings, options.set)
    except SettingsRefused as refused:
        print(f"central-api: {refused}", file=sys.stderr)
        return 2
    log.start(settings.log)
    # Migrations and the access log say nothing that anybody reads.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command: Command = options.command
    try:
        right = command(settings, options)
    except (errors.ClubError, OSError, ValueError) as fault:
        print(f"central-api: {_said(fault)}", file=sys.stderr)
        return 1
    return 1 if right is False else 0


def _said(fault: Exception) -> str:
    """A fault in one line; what the system says alone names a file, and nobody knows from where."""
    if isinstance(fault, OSError) and fault.filename is not None:
        return f"expected to use {fault.filename}; {fault.strerror}. Mend its rights, or set another place (database.url, keys.file, media.dir)"
    return str(fault)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="settings, such as config/central.toml")
    common.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="goes before the file")
    parser = argparse.ArgumentParser(prog="central-api", description="The central API of the club.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, call: Command, text: str, to: Any = commands) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = to.add_parser(name, parents=[common], help=text, description=text)
        found.set_defaults(command=call)
        return found

    add("serve", _serve, "answer devices and staff until stopped")
    add("migrate", _migrate, "bring the database up to date")
    demo = add("load-demo", _load_demo, "load the demo club; loading again changes nothing")
    demo.add_argument("--out", type=Path, required=True, metavar="DIR", help="where cards.toml and sign-in.json go")
    code = add("enrol-code", _enrol_code, "print a one-time code for a new device")
    code.add_argument("--place", required=True, help="where it will stand, such as kiosk-1 or tv-1")
    password = add("staff-password", _staff_password, "set and print a new password for a member of the staff")
    password.add_argument("--number", required=True, help="the staff number")
    seeds = add("seed", _seed, "load stores, rules, catalogue and staff of your own, without members")
    seeds.add_argument("--from", type=Path, required=True, dest="source", metavar="DIR", help="files as in config/demo")
    seeds.add_argument("--out", type=Path, required=True, metavar="DIR", help="where sign-in.json of the staff goes")
    copy = add("backup", _backup, "write a copy of the database and the master keys, while the service runs")
    copy.add_argument("--to", type=Path, required=True, metavar="DIR", help="an empty or new folder")
    back = add("restore", _restore, "put a backup in place; the service must be stopped")
    back.add_argument("--from", type=Path, required=True, dest="source", metavar="DIR", help="as backup wrote it")
    back.add_argument("--force", action="store_true", help="replace a database in use, and other keys")
    integrations.register(commands, add, _open)

    def group(name: str, about: str) -> Any:
        found = commands.add_parser(name, help=about, description=about)
        return found.add_subparsers(required=True, metavar="COMMAND")

    proofs = group("ledger", "look after the books of points")
    proof = add("verify", _ledger_verify, "rebuild everything from the entries and compare; changes nothing", proofs)
    proof.add_argument(
        "--known",
        action="append",
        default=[],
        metavar="STORE:SEQUENCE:HASH",
        help="the end of a chain as an earlier proof printed it; may be given many times",
    )
    about = "the club's rules, each set with its date of effect"
    rules = commands.add_parser("programme", help=about, description=about)
    sets = rules.add_subparsers(required=True, metavar="COMMAND")
    for name, call, text in (
        ("preview", _programme_preview, "say what proposed rules would have changed last month; changes nothing"),
        ("put", _programme_put, "keep proposed rules; refused when they begin too early"),
    ):
        add(name, call, text, sets).add_argument(
            "file", type=Path, metavar="FILE", help="TOML or JSON, see docs/programme.md"
        )
    about = "what runs by schedule"
    work = commands.add_parser("jobs", help=about, description=about).add_subparsers(required=True, metavar="COMMAND")
    add("list", _jobs_list, "each job with its hour, how far it has come, and its last run", work)
    run = add("run", _jobs_run, "run a job now; twice does no harm", work)
    run.add_argument("name", help="of the job, as the list has it")
    run.add_argument(
        "--day", default="", metavar="YYYY-MM-DD", help="for which day; without it today, where the stores are"
    )
    run.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    lifecycle.add_commands(add, group, _open, print)
    offline.add_commands(add, group, _open, print)
    return parser


@contextmanager
def _open(settings: CentralSettings) -> Iterator[Context]:
    context = app.open_context(settings)
    try:
        yield context
    finally:
        context.passwords.close()
        context.db.close()


def _serve(settings: CentralSettings, options: argparse.Namespace) -> None:
    server.serve(settings)


def _migrate(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings):
        print("the database is up to date")


def _load_demo(settings: CentralSettings, options: argparse.Namespace) -> None:
    folder = DemoFolder(Path(settings.programme.demo_dir) if settings.programme.demo_dir else resources.demo_dir())
    with _open(settings) as context:
        found = loader.load(context, folder, options.out)
    print(f"loaded {found.members} members and {found.staff} staff; cards and sign-ins are in {options.out}")


def _enrol_code(settings: CentralSettings, options: argparse.Namespace) -> None:
    minutes = settings.sessions.enrol_code_min
    with _open(settings) as context:
        digits = f"{context.random_below(10**devices.CODE_DIGITS):0{devices.CODE_DIGITS}d}"
        with context.db.write() as tx:
            devices.make_code(
                tx,
                context.keyring,
                place=options.place,
                now=context.clock.now(),
                minutes=minutes,
                digits=digits,
                code_id=context.new_id(),
            )
    print(f"good once within {minutes} minutes for {options.place}: {digits}")


def _staff_password(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings) as context:
        print(staff.new_password(context, options.number))


def _backup(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings) as context:
        written = backup.write(context, options.to)
    print("\n".join(str(path) for path in written))


def _programme_preview(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings) as context:
        programme.preview(context.db, options.file, context.clock.now(), print)


def _programme_put(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings) as context:
        programme.put(context.db, options.file, context.clock.now(), print)


def _jobs_list(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings) as context:
        jobs.show(context, print)


def _jobs_run(settings: CentralSettings, options: argparse.Namespace) -> bool:
    with _open(settings) as context:
        return jobs.run(context, options.name, options.day, dry=options.dry_run, say=print)


def _restore(settings: CentralSettings, options: argparse.Namespace) -> None:
    now = clock_for(settings.clock.pinned).now()
    print("\n".join(restore.put_back(settings, options.source, now, force=options.force)))


def _seed(settings: CentralSettings, options: argparse.Namespace) -> None:
    with _open(settings) as context:
        staff_made = loader.seed(context, DemoFolder(options.source), options.out)
    print(f"loaded the club and {staff_made} staff; sign-ins are in {options.out}")


def _ledger_verify(settings: CentralSettings, options: argparse.Namespace) -> bool:
    known = report.known_seals(options.known)
    # Not by `_open`, which migrates and makes keys: a proof changes nothing, and needs no right to.
    db = Database(settings.database.url.reveal(), pool=1, read_only=True)
    try:
        db.check()
        runner.must_be_current(db)
        return report.prove(db, known, print)
    finally:
        db.close()


if __name__ == "__main__":
    sys.exit(main())
