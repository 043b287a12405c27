"""Fills hordak's tables, or redeems through them: `python -m ... fill|run` in the peers' environment.

    fill HOST USER DATABASE MEMBERS REWARDS
    run  HOST USER DATABASE MEMBERS REWARDS WORKERS SECONDS

Prints one JSON object: the counts of `workers.measure`, and whether the books are right afterwards.
"""

import json
import sys
from typing import Any

import django
from django.conf import settings

PRICE, STOCK = 100, 1_000_000
EARNED = (500, 250, 20_000)  # the three bills that made our members' lots


def set_up(host: str, user: str, database: str) -> None:
    """Configure Django as for production: no debugging, connections kept."""
    engine = "django.db.backends.postgresql"
    settings.configure(
        DATABASES={"default": {"ENGINE": engine, "HOST": host, "USER": user, "NAME": database, "CONN_MAX_AGE": None}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "mptt",
            "djmoney",
            "hordak",
            "tests.bench.peers.ledgers.shop",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="CNY",
        HORDAK_INTERNAL_CURRENCY="CNY",
        HORDAK_CURRENCIES=["CNY"],
        CURRENCIES=["CNY"],
        USE_TZ=True,
    )
    django.setup()


def fill(members: int, rewards: int) -> dict[str, Any]:
    """Make the tables and the club: an account each, three bills each, as many legs as our members have postings of points."""
    from django.core.management import call_command
    from django.db import connection

    from tests.bench.peers.ledgers.shop import models

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in (models.Member, models.Reward, models.Redemption, models.IdempotencyKey):
            editor.create_model(model)
    statements = [
        "SET session_replication_role = replica",  # what is filled in is right: hordak's triggers look at each leg
        *(
            "INSERT INTO hordak_account (uuid, name, type, is_bank_account, currencies, lft, rght, tree_id, level) "
            f"SELECT gen_random_uuid(), {name}, '{kind}', false, '[\"CNY\"]', 1, 2, {tree}, 0 {source}"
            for name, kind, tree, source in (
                ("'issued'", "EX", "1", ""),
                ("'redeemed'", "IN", "2", ""),
                ("'member ' || n", "LI", "n + 3", f"FROM generate_series(0, {members - 1}) n ORDER BY n"),
            )
        ),
        "INSERT INTO shop_member (id, account_id) SELECT tree_id - 3, id FROM hordak_account WHERE type = 'LI'",
        f"INSERT INTO shop_reward (id, points, stock) SELECT n, {PRICE}, {STOCK} FROM generate_series(0, {rewards - 1}) n",
        *(
            f"WITH made AS (INSERT INTO hordak_transaction (uuid, timestamp, date, description) SELECT gen_random_uuid(), "
            f"now(), current_date, id::text FROM shop_member ORDER BY id RETURNING id, description), legs AS (SELECT made.id, "
            "m.account_id FROM made JOIN shop_member m ON m.id::text = made.description) INSERT INTO hordak_leg (uuid, "
            "transaction_id, account_id, credit, debit, currency, description) SELECT gen_random_uuid(), id, account_id, "
            f"{points}, NULL, 'CNY', '' FROM legs UNION ALL SELECT gen_random_uuid(), id, (SELECT id FROM hordak_account "
            f"WHERE name = 'issued'), NULL, {points}, 'CNY', '' FROM legs"
            for points in EARNED
        ),
        "SET session_replication_role = DEFAULT",
        "VACUUM (ANALYZE)",
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return {"members": models.Member.objects.count(), "rewards": models.Reward.objects.count()}


def run(members: int, rewards: int, workers: int, seconds: float) -> dict[str, Any]:
    """Redeem, then look at the books."""
    from django.db import connection

    from tests.bench.peers.ledgers.workers import measure

    before = _redeemed()
    connection.close()  # no worker may inherit it
    found = measure(_open, workers, seconds, members, rewards)
    redemptions, taken = _redeemed()
    right = redemptions - before[0] == found["done"] == before[1] - taken
    return {**found, "right": right}


def _open() -> Any:
    from hordak.models import Account

    from tests.bench.peers.ledgers.shop.redeem import Refused, redeem

    redeemed = Account.objects.get(name="redeemed")

    def once(key: str, member: int, reward: int) -> bool:
        try:
            redeem(key, member, reward, 1, redeemed)
        except Refused:
            return False
        return True

    return once


def _redeemed() -> tuple[int, int]:
    """Redemptions so far, and pieces left."""
    from django.db.models import Sum

    from tests.bench.peers.ledgers.shop.models import Redemption, Reward

    return Redemption.objects.count(), int(Reward.objects.aggregate(left=Sum("stock"))["left"])


if __name__ == "__main__":
    what, host, user, database, *numbers = sys.argv[1:]
    set_up(host, user, database)
    if what == "fill":
        print(json.dumps(fill(int(numbers[0]), int(numbers[1]))))
    else:
        print(json.dumps(run(int(numbers[0]), int(numbers[1]), int(numbers[2]), float(numbers[3]))))
