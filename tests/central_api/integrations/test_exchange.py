"""Files in and out: every wrong cell by row and column, all or nothing or what can be, no formula, no float, any length (A15)."""

import csv
import resource
import time
import tracemalloc
from contextlib import nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from central_api.bills import repository as numbers
from central_api.feed import due
from central_api.integrations.exchange import files, service
from central_api.integrations.exchange.cells import CellWrong, Row, unguarded
from central_api.integrations.exchange.service import KINDS, Report
from central_api.integrations.tables import member_links
from central_api.ledger import service as ledger
from central_api.ledger.tables import lots
from central_api.members.tables import members
from central_api.rewards.tables import rewards
from central_api.staff.tables import audit
from club.model import errors
from tests.support.central import Club
from tests.support.partner import partner

MEMBERS, BILLS, REWARDS, STOCK = (KINDS[name] for name in ("members", "bills", "rewards", "stock"))
PEOPLE = (
    "number,surname,title,store,tier,joined,valid_to,points,points_expire,tier_points\n"
    "K-1,欧阳,女士,east,gold,2024-03-01,2027-02-28,1200,2026-12-31,8800\n"
    "K-2,司徒,先生,west,,2025/4/5,,0,,0\n"
)


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode(encoding))
    return path


def sheet(tmp_path: Path, *rows: list[object]) -> Path:
    book, path = Workbook(), tmp_path / "rows.xlsx"
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def bring_in(club: Club, kind: str, path: Path, **how: bool) -> Report:
    return service.bring_in(club.context, KINDS[kind], path, source="old-dms", **how)


def count(club: Club) -> int:
    with club.context.db.read() as tx:
        return int(tx.scalar(select(func.count()).select_from(members)) or 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_members_come_in_with_their_opening_balances_once(club: Club, tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, PEOPLE, encoding)
    assert str(bring_in(club, "members", path)) == "2 rows: 2 booked, 0 there before, 0 refused"
    assert str(bring_in(club, "members", path)) == "2 rows: 0 booked, 2 there before, 0 refused"
    found = partner(club, "members.read", source="old-dms").get("/v1/dms/members/K-1").json()
    assert {name: found[name] for name in ("tier", "points", "tier_points", "valid_to")} == {
        "tier": "gold",
        "points": 1200,
        "tier_points": 8800,
        "valid_to": "2027-02-28",
    }
    with club.context.db.read() as tx:
        row = tx.first(select(members).join(member_links).where(member_links.c.number == "K-1"))
        assert (row.surname["zh"], row.joined) == ("欧阳", date(2024, 3, 1))
        assert tx.scalar(select(lots.c.expires).where(lots.c.member == row.id)) == date(2026, 12, 31)
        assert ledger.faults(tx) == []
        acts = [row.facts for row in tx.rows(select(audit).where(audit.c.act == "import.members"))]
    assert acts == [{"rows": 2, "booked": 2, "refused": 0, "source": "old-dms"}]


def test_one_wrong_row_keeps_the_whole_file_out_unless_it_is_skipped(club: Club, tmp_path: Path) -> None:
    path = written(tmp_path, PEOPLE + "K-3,王,先生,moon,gold,,,5,2026-12-31,0\n,李,,east,,,,,,\n")
    before = count(club)
    report = bring_in(club, "members", path)
    assert str(report) == "4 rows: 2 booked, 0 there before, 2 refused; nothing was changed"
    assert [str(fault) for fault in report.faults] == [
        "row 4, store: expected one of east, west, found 'moon'",
        "row 5, number: expected text of 1 to 64 printable characters, found nothing",
    ]
    assert count(club) == before
    assert str(bring_in(club, "members", path, dry_run=True, skip_bad=True)).endswith("nothing was changed")
    assert count(club) == before
    assert str(bring_in(club, "members", path, skip_bad=True)) == "4 rows: 2 booked, 0 there before, 2 refused"
    assert count(club) == before + 2


def test_a_dry_run_says_what_would_be_and_changes_nothing(club: Club, tmp_path: Path) -> None:
    path, before = written(tmp_path, PEOPLE), count(club)
    assert str(bring_in(club, "members", path, dry_run=True)) == (
        "2 rows: 2 booked, 0 there before, 0 refused; nothing was changed"
    )
    assert count(club) == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_of_members_waits_for_no_bill_of_its_program_and_none_waits_for_it(
    club: Club, tmp_path: Path, dry_run: bool
) -> None:
    path, db = written(tmp_path, PEOPLE), club.context.db
    with nullcontext() if db.is_sqlite else db.write() as tx:  # one writes at a time on SQLite
        if tx is not None:
            numbers.lock_number(tx, "old-dms", "B-1")
        assert bring_in(club, "members", path, dry_run=dry_run).booked == 2


CELLS: list[tuple[str, object, str]] = [
    ("points", "12.5", "a whole number from 0 to 1000000000, found '12.5'"),
    ("points", "-1", "a whole number"),
    ("points", "1e3", "a whole number"),
    ("points", "９", "a whole number"),
    ("points", "9223372036854775808", "a whole number"),
    ("points", "1000000001", "a whole number"),
    ("points_expire", "", "a day such as 2026-05-16, found nothing"),
    ("points_expire", "2026-02-30", "a day such as 2026-05-16, found '2026-02-30'"),
    ("points_expire", "31.12.2026", "a day such as"),
    ("points_expire", "2026-05-15", "a day from today, 2026-05-16, on"),
    ("joined", "2026-05-17", "a day up to today"),
    ("tier", "platinum", "one of classic, diamond, gold, silver, found 'platinum'"),
    ("kind", "robot", "one of company, person"),
    ("surname", "", "text of 1 to 32 printable characters, found nothing"),
    ("surname", "字" * 33, "text of 1 to 32"),
    ("surname", "a\tb", "text of 1 to 32 printable"),
    ("language", "fr", "zh-CN or en, found 'fr'"),
]


@pytest.mark.parametrize(("column", "cell", "said"), CELLS)
def test_a_wrong_cell_is_told_by_row_and_column_with_what_was_expected(
    club: Club, tmp_path: Path, column: str, cell: object, said: str
) -> None:
    row = {"number": "K-1", "surname": "王", "store": "east", "points": "5", "points_expire": "2026-12-31"}
    names = ["number", "surname", "title", "store", "kind", "language", "tier", "joined", "points", "points_expire"]
    cells = {**row, column: cell}
    path = sheet(tmp_path, list(names), [cells.get(name) for name in names])
    (fault,) = bring_in(club, "members", path).faults
    assert (fault.row, fault.column) == (2, column)
    assert f"expected {said}" in fault.text, fault.text


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("1280", 128_000),
        ("1280.5", 128_050),
        ("0.01", 1),
        (1280.5, 128_050),
        (0.07, 7),
        (1128.15, 112_815),
        (Decimal("3.30"), 330),
        ("10000000000", None),
        ("1280.505", None),
        (0.1 + 0.2, None),
        ("-5", None),
        ("1,280", None),
        ("¥5", None),
        ("1e5", None),
        (1e300, None),
        (float("inf"), None),
        (float("nan"), None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_money_is_yuan_with_two_decimals_and_never_a_float(cell: object, fen: int | None) -> None:
    row = Row(2, {"paid_yuan": cell})  # type: ignore[dict-item]
    if fen is not None:
        assert row.fen("paid_yuan") == fen
        return
    with pytest.raises(CellWrong, match=r"expected (yuan|at most)"):
        row.fen("paid_yuan")


@pytest.mark.parametrize(
    ("cell", "zone", "found"),
    [
        ("2026-05-16 14:10", "Asia/Shanghai", datetime(2026, 5, 16, 6, 10, tzinfo=UTC)),
        ("2026/05/16 14:10:30", "Asia/Shanghai", datetime(2026, 5, 16, 6, 10, 30, tzinfo=UTC)),
        ("2026-05-16T14:10:00+02:00", "Asia/Shanghai", datetime(2026, 5, 16, 12, 10, tzinfo=UTC)),
        (datetime(2026, 5, 16, 14, 10), "Asia/Shanghai", datetime(2026, 5, 16, 6, 10, tzinfo=UTC)),  # noqa: DTZ001 -- as a sheet has it
        ("2026-10-25 02:30", "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-03-29 02:30", "Europe/Berlin", None),
        ("2026-05-16 24:10", "Asia/Shanghai", None),
        ("0001-01-01 00:00", "Asia/Shanghai", None),
        ("", "Asia/Shanghai", None),
    ],
)
def test_instants_are_by_the_stores_clock_and_only_those_there_were(
    cell: str | datetime, zone: str, found: datetime | None
) -> None:
    row = Row(2, {"at": cell})
    if found is not None:
        assert row.moment("at", zone) == found
        return
    with pytest.raises(CellWrong, match="expected an instant"):
        row.moment("at", zone)


def test_bills_come_in_line_by_line_and_go_out_again(club: Club, tmp_path: Path) -> None:
    bring_in(club, "members", written(tmp_path, PEOPLE))
    at = datetime(2026, 5, 15, 10, 0)  # noqa: DTZ001 -- as a sheet has it
    path = sheet(
        tmp_path,
        ["number", "member", "store", "at", "line", "category", "paid_yuan", "title"],
        ["B-1", "K-1", "east", at, "a", "maintenance", 1280.5, "常规保养"],
        ["B-1", "K-1", "east", at, "b", "accessories", 99, "@家庭套餐"],
        ["B-2", "K-2", "west", "2026-05-15 11:00", None, "maintenance", "200.00", ""],
    )
    assert str(bring_in(club, "bills", path)) == "3 rows: 3 booked, 0 there before, 0 refused"
    assert str(bring_in(club, "bills", path)) == "3 rows: 0 booked, 3 there before, 0 refused"
    out = tmp_path / "out.csv"
    assert service.write_out(club.context, BILLS, out, source="old-dms") == 3
    assert out.stat().st_mode & 0o777 == 0o600
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["number"], row["line"], row["paid_yuan"]) for row in rows] == [
        ("B-1", "a", "1280.50"),
        ("B-1", "b", "99.00"),
        ("B-2", "1", "200.00"),
    ]
    assert rows[1]["title"] == "'@家庭套餐"
    assert int(rows[0]["points"]) > 1280
    assert str(bring_in(club, "bills", out)) == "3 rows: 0 booked, 3 there before, 0 refused", "what went out comes in"
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


def test_rows_of_a_bill_that_contradict_each_other_and_what_the_rules_lack_are_refused(
    club: Club, tmp_path: Path
) -> None:
    bring_in(club, "members", written(tmp_path, PEOPLE))
    path = written(
        tmp_path,
        "number,member,store,at,category,paid_yuan\n"
        "B-1,K-1,east,2026-05-15 10:00,maintenance,10\n"
        "B-1,K-2,east,2026-05-15 10:00,maintenance,10\n"
        "B-2,K-1,east,2026-05-15 10:00,moonlight,10\n"
        "B-3,K-9,east,2026-05-15 10:00,maintenance,10\n"
        "B 4,K-1,east,2026-05-15 10:00,maintenance,10\n",
    )
    report = bring_in(club, "bills", path, skip_bad=True)
    assert (report.booked, report.refused) == (0, 5)
    assert [fault.row for fault in report.faults] == [2, 4, 5, 6]
    assert "expected member, store and at as in row 2" in report.faults[0].text
    assert all(fault.text.startswith("expected") for fault in report.faults), report.faults


def test_rewards_go_out_and_come_in_unchanged_and_a_change_reaches_devices(club: Club, tmp_path: Path) -> None:
    for name in ("out.csv", "out.xlsx"):
        path = tmp_path / name
        total = service.write_out(club.context, REWARDS, path, source="")
        assert str(bring_in(club, "rewards", path)) == f"{total} rows: 0 booked, {total} there before, 0 refused"
    path = written(
        tmp_path,
        "slug,category,type,name_zh,points,value_yuan,valid_days,starts,ends,stock,limit_per,limit_times\n"
        "umbrella,goods,goods,晴雨伞,300,45.9,90,2026-05-01,2026-12-31,25,month,2\n",
    )
    with club.context.db.read() as tx:
        category = tx.scalar(select(rewards.c.category).where(rewards.c.type == "goods"))
    path.write_text(path.read_text(encoding="utf-8").replace(",goods,goods", f",{category},goods"), encoding="utf-8")
    assert str(bring_in(club, "rewards", path)) == "1 rows: 1 booked, 0 there before, 0 refused"
    with club.context.db.read() as tx:
        row = tx.first(select(rewards).where(rewards.c.slug == "umbrella"))
        assert (row.value_fen, row.stock, row.limit_per, row.limit_times) == (4590, 25, "month", 2)
        assert row.ends == datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "with the last day of Shanghai"
    stock = written(tmp_path, "slug,stock\numbrella,7\nno-such-thing,1\n")
    report = bring_in(club, "stock", stock, skip_bad=True)
    assert [str(fault) for fault in report.faults] == [
        "row 3, slug: expected a reward of the catalogue, found no-such-thing"
    ]
    with club.context.db.read() as tx:
        assert tx.scalar(select(rewards.c.stock).where(rewards.c.slug == "umbrella")) == 7
        assert due.REWARD == "reward"


def test_prices_by_tier_and_pictures_come_in_and_stay_where_a_file_has_no_column_for_them(
    club: Club, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    service.write_out(club.context, REWARDS, out, source="")
    with out.open(encoding="utf-8-sig", newline="") as file:
        first, *_ = csv.DictReader(file)
    assert first["picture"]

    def bring(**cells: object) -> Report:
        row = {**first, **cells}
        row = {name: value for name, value in row.items() if value is not None}
        return bring_in(club, "rewards", sheet(tmp_path, list(row), list(row.values())))

    def kept() -> tuple[dict[str, int], str]:
        with club.context.db.read() as tx:
            content = tx.scalar(select(rewards.c.content).where(rewards.c.slug == first["slug"]))
        return dict(content.get("points_by_tier", {})), content.get("picture", "")

    assert bring(points_by_tier="gold=900, diamond=800", picture="new-picture").booked == 1
    assert kept() == ({"gold": 900, "diamond": 800}, "new-picture")
    assert bring(points_by_tier=None, picture=None).same == 1
    assert kept() == ({"gold": 900, "diamond": 800}, "new-picture")
    assert bring(points_by_tier="", picture="").booked == 1
    assert kept() == ({}, "")
    for wrong in ("platinum=5", "gold", "gold=", "gold=-5", "gold=0", "gold=1.5", "gold=1 gold=2", "gold=1000000001"):
        (fault,) = bring(points_by_tier=wrong).faults
        assert (fault.column, "expected points" in fault.text) == ("points_by_tier", True), wrong
    assert [fault.column for fault in bring(picture="../../etc/passwd").faults] == ["picture"]


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_what_begins_like_a_formula_stays_text_and_comes_back(club: Club, tmp_path: Path, name: str) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0", "'=x", "''=x", "plain", "-", "'", "'plain"]
    evil += ["＝1+1", "＋1", "－1", "＠SUM(A1)", "\n=1"]
    path = tmp_path / name
    files.write(path, ["slug", "name"], [(str(number), text) for number, text in enumerate(evil)])
    if name.endswith("xlsx"):
        page = load_workbook(path).active
        assert page is not None
        assert {cell.data_type for row in page.iter_rows(min_row=2) for cell in row} == {"s"}
    with files.reading(path, ["slug", "name"], []) as rows:
        raw = [str(row.cells["name"]) for row in rows]
    assert not any(text[:1] in tuple("=+-@\t\n＝＋－＠") for text in raw)
    assert [unguarded(text) for text in raw] == evil


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.txt", b"a", "ending in .csv or .xlsx"),
        ("rows.csv", b"", "missing slug, stock"),
        ("rows.csv", b"slug,stock,price\n", "unknown price"),
        ("rows.csv", b"slug,slug\n", "missing stock"),
        ("rows.csv", b"slug,stock,slug\na,1,b\n", "twice"),
        ("rows.csv", "slug,stock\n".encode("utf-16"), "UTF-8 or GB18030"),
        ("rows.csv", b"slug,stock\n\xff\xff,1\n", "UTF-8 or GB18030"),
        ("rows.csv", b"slug,stock\n\0,1\n", "UTF-8 or GB18030"),
        ("rows.csv", b'slug,stock\n"a,1\n', "expected CSV"),
        ("rows.csv", b"slug,stock\na,1,2\n", "row 2: expected 2 cells, found 3"),
        ("rows.xlsx", b"PK\x03\x04 not a workbook", "expected an XLSX workbook"),
        ("rows.xlsx", b"", "expected an XLSX workbook"),
    ],
)
def test_what_is_no_such_file_is_refused_by_name(
    club: Club, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(errors.Malformed, match=said):
        bring_in(club, "stock", path)


def test_a_workbook_that_unpacks_without_end_is_refused(
    club: Club, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_SHEET", 1000)
    path = sheet(tmp_path, ["slug", "stock"], ["a", 1])
    with pytest.raises(errors.Malformed, match="MiB unpacked"):
        bring_in(club, "stock", path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_hundred_thousand_rows_go_through_a_row_at_a_time(tmp_path: Path, separator: str) -> None:
    path, many = tmp_path / "rows.csv", 100_000
    with path.open("w", encoding="gb18030", newline="") as file:
        out = csv.writer(file, delimiter=separator)
        out.writerow(["slug", "name", "stock"])
        out.writerows((f"reward-{number}", "保养代金券", number) for number in range(many))
    tracemalloc.start()
    with files.reading(path, STOCK.columns, STOCK.needed) as rows:
        total = sum(row.whole("stock") for row in rows)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == many * (many - 1) // 2
    assert most < 8 << 20, f"{most >> 20} MiB for a file of {path.stat().st_size >> 20}"


@pytest.mark.long
@pytest.mark.timeout(2 * 3600)
@pytest.mark.parametrize("skip_bad", [True, False])
def test_a_hundred_thousand_members_come_in_from_a_workbook(
    club: Club, tmp_path: Path, skip_bad: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some dozens at a time, and all of them in one unit of work, in the memory of any machine."""
    path, many = tmp_path / "rows.xlsx", 100_000
    rows = ((f"K-{number}", "王", "先生", "east", number % 500, "2026-12-31") for number in range(many))
    files.write(path, ["number", "surname", "title", "store", "points", "points_expire"], rows)
    before, began = peak_mib(), time.perf_counter()
    report = bring_in(club, "members", path, skip_bad=skip_bad)
    took, grown = time.perf_counter() - began, peak_mib() - before
    with capsys.disabled():
        engine = "SQLite" if club.context.db.is_sqlite else "PostgreSQL"
        print(f"\n{engine}, skip_bad={skip_bad}: {many} members in {took:.0f} s, {grown} MiB more")
    assert (report.read, report.booked, report.refused) == (many, many, 0)
    assert grown < 200
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


def peak_mib() -> int:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
