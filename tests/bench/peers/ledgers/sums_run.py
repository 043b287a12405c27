"""A ledger of bare legs whose balance is their sum: `python -m ... fill|run` in the peers' environment (see `hordak_run`).

The least that can be called a ledger: psycopg without an ORM, statements prepared by the driver, one row locked, the sum of the legs
compared, two legs, a redemption, the stock, the idempotency key. It shows what the ORM above costs, and what the sum costs.
"""

import json
import sys
from typing import Any

import psycopg

from tests.bench.peers.ledgers.workers import Redeem, measure

PRICE, STOCK = 100, 1_000_000
EARNED = (500, 250, 20_000)
TABLES = """
CREATE TABLE account (id bigint PRIMARY KEY);
CREATE TABLE reward (id bigint PRIMARY KEY, points bigint NOT NULL, stock bigint NOT NULL CHECK (stock >= 0));
CREATE TABLE transaction (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE leg (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction bigint NOT NULL REFERENCES transaction,
  account bigint NOT NULL REFERENCES account, amount bigint NOT NULL);
CREATE INDEX ON leg (account);
CREATE INDEX ON leg (transaction);
CREATE TABLE redemption (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction bigint NOT NULL REFERENCES transaction,
  account bigint NOT NULL REFERENCES account, reward bigint NOT NULL REFERENCES reward, points bigint NOT NULL);
CREATE TABLE idempotency (key text PRIMARY KEY, answer text NOT NULL);
"""
CLUB = -1


def fill(link: "psycopg.Connection[Any]", members: int, rewards: int) -> dict[str, Any]:
    """Make the tables and the club."""
    with link.transaction():
        for statement in TABLES.strip().split(";\n"):
            link.execute(statement.encode())
        link.execute("INSERT INTO account SELECT n FROM generate_series(-1, %s) n", (members - 1,))
        link.execute("INSERT INTO reward SELECT n, %s, %s FROM generate_series(0, %s) n", (PRICE, STOCK, rewards - 1))
        for place, points in enumerate(EARNED):
            link.execute("INSERT INTO transaction (at) SELECT now() FROM generate_series(1, %s)", (members,))
            for account, amount in (("n", points), ("-1", -points)):
                query = f"INSERT INTO leg (transaction, account, amount) SELECT n + 1 + %s, {account}, %s FROM generate_series(0, %s) n"
                link.execute(query.encode(), (place * members, amount, members - 1))
    link.autocommit = True
    link.execute("VACUUM (ANALYZE)")
    return {"members": members, "rewards": rewards}


class Refused(Exception):
    """Too few points, or nothing left; nothing has changed."""


def redeem(link: "psycopg.Connection[Any]", key: str, member: int, reward: int) -> None:
    """Redeem one piece.

    Raises:
        Refused: the rules say no.
    """
    with link.transaction():
        link.execute("SELECT id FROM account WHERE id = %s FOR NO KEY UPDATE", (member,))
        if link.execute("SELECT answer FROM idempotency WHERE key = %s", (key,)).fetchone():
            return
        price = _one(link.execute("SELECT points FROM reward WHERE id = %s", (reward,)))
        if _one(link.execute("SELECT coalesce(sum(amount), 0)::bigint FROM leg WHERE account = %s", (member,))) < price:
            raise Refused("points")
        made = _one(link.execute("INSERT INTO transaction DEFAULT VALUES RETURNING id"))
        link.execute(
            "INSERT INTO leg (transaction, account, amount) VALUES (%s, %s, %s), (%s, %s, %s)",
            (made, member, -price, made, CLUB, price),
        )
        link.execute(
            "INSERT INTO redemption (transaction, account, reward, points) VALUES (%s, %s, %s, %s)",
            (made, member, reward, price),
        )
        if not link.execute("UPDATE reward SET stock = stock - 1 WHERE id = %s AND stock >= 1", (reward,)).rowcount:
            raise Refused("stock")
        link.execute("INSERT INTO idempotency (key, answer) VALUES (%s, %s)", (key, f'{{"redemption": {made}}}'))


def _one(cursor: "psycopg.Cursor[Any]") -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def run(address: str, members: int, rewards: int, workers: int, seconds: float) -> dict[str, Any]:
    """Redeem, then look at the books."""

    def open_up() -> Redeem:
        link = psycopg.connect(address, autocommit=True)

        def once(key: str, member: int, reward: int) -> bool:
            try:
                redeem(link, key, member, reward)
            except Refused:
                return False
            return True

        return once

    before = _redeemed(address)
    found = measure(open_up, workers, seconds, members, rewards)
    after = _redeemed(address)
    return {**found, "right": after[0] - before[0] == found["done"] == before[1] - after[1] and after[2] == 0}


def _redeemed(address: str) -> tuple[int, int, int]:
    """Redemptions so far, pieces left, and the sum of all legs."""
    with psycopg.connect(address) as link:
        return (
            _one(link.execute("SELECT count(*) FROM redemption")),
            _one(link.execute("SELECT sum(stock)::bigint FROM reward")),
            _one(link.execute("SELECT sum(amount)::bigint FROM leg")),
        )


if __name__ == "__main__":
    what, host, user, database, *numbers = sys.argv[1:]
    where = f"host={host} user={user} dbname={database}"
    if what == "fill":
        with psycopg.connect(where) as open_link:
            print(json.dumps(fill(open_link, int(numbers[0]), int(numbers[1]))))
    else:
        print(json.dumps(run(where, int(numbers[0]), int(numbers[1]), int(numbers[2]), float(numbers[3]))))
