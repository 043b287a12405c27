"""Files that were made to do harm are refused by name, in little memory and little time (A15, X5)."""

import random
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from central_api.integrations.exchange import files
from club.model import errors

COLUMNS = ("slug", "name", "stock")
SHEET = "xl/worksheets/sheet1.xml"
OPENING = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
HEADER = "".join(
    f'<c r="{cell}1" t="inlineStr"><is><t>{name}</t></is></c>' for cell, name in zip("ABC", COLUMNS, strict=True)
)


def workbook(path: Path, **parts: str | bytes) -> Path:
    """A workbook whose parts are replaced, or left out when empty."""
    whole = path.with_suffix(".whole")
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(list(COLUMNS))
    for number in range(50):
        page.append([f"reward-{number}", "保养代金券", number])
    book.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if parts.get(name, b"x"):
                target.writestr(name, parts.get(name, source.read(name)))
        for name in set(parts) - set(source.namelist()):
            target.writestr(name, parts[name])
    whole.unlink()
    return path


def rows_of(path: Path) -> int:
    with files.reading(path, COLUMNS, ()) as rows:
        return sum(1 for _ in rows)


def test_a_workbook_as_it_should_be_is_read(tmp_path: Path) -> None:
    assert rows_of(workbook(tmp_path / "rows.xlsx")) == 50


def test_a_workbook_with_any_byte_changed_is_read_or_refused_by_name(tmp_path: Path) -> None:
    whole = bytearray(workbook(tmp_path / "whole.xlsx").read_bytes())
    chance, path, said = random.Random(20260516), tmp_path / "rows.xlsx", list[str]()
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 1, 3, 20))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken[: chance.choice((len(broken), len(broken), chance.randrange(len(broken))))])
        try:
            assert rows_of(path) <= 50
        except errors.Malformed as fault:
            said.append(str(fault))
    assert len(said) > 50
    assert all(text.startswith(("expected", "row ")) for text in said), said


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (SHEET, "<worksheet>"),
        (SHEET, b"\xff\xfe\x00"),
        (SHEET, OPENING + '<row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>'),
        (SHEET, OPENING + '<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row></sheetData></worksheet>'),
        (SHEET, OPENING + '<row r="1"><c r="A1" t="n"><v>1e</v></c></row></sheetData></worksheet>'),
        (SHEET, OPENING + '<row r="x"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'),
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/styles.xml", "<styleSheet>"),
        ("[Content_Types].xml", "<Types/>"),
        ("xl/_rels/workbook.xml.rels", ""),
        (SHEET, ""),
    ],
)
def test_a_workbook_with_a_broken_part_is_refused_by_name(tmp_path: Path, part: str, content: str | bytes) -> None:
    path = workbook(tmp_path / "rows.xlsx", **{part: content})
    with pytest.raises(errors.Malformed):
        rows_of(path)


@pytest.mark.timeout(60)
def test_a_row_far_below_is_not_counted_up_to(tmp_path: Path) -> None:
    far = f'{OPENING}<row r="1">{HEADER}</row><row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'
    with pytest.raises(errors.Malformed, match="at most 1048576 rows"):
        rows_of(workbook(tmp_path / "rows.xlsx", **{SHEET: far + "</sheetData></worksheet>"}))


def test_entities_that_multiply_are_not_unfolded(tmp_path: Path) -> None:
    entities = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    laughs = f"<!DOCTYPE worksheet [{entities}]>{OPENING}"
    cell = f'<row r="1">{HEADER}</row><row r="2"><c r="A2" t="inlineStr"><is><t>&j;</t></is></c></row>'
    tracemalloc.start()
    with pytest.raises(errors.Malformed):
        rows_of(workbook(tmp_path / "rows.xlsx", **{SHEET: f"{laughs}{cell}</sheetData></worksheet>"}))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 256 << 20, "as far as the parser goes before it gives up"


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/styles.xml", "xl/media/picture.png"])
def test_what_would_be_read_into_memory_whole_is_measured_before(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path / "rows.xlsx", **{part: b" " * (files.LARGEST_PART + 1)})
    assert path.stat().st_size < 1 << 20, "a small file on the disk"
    tracemalloc.start()
    with pytest.raises(errors.Malformed, match="64 MiB unpacked, its sheets apart"):
        rows_of(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


@pytest.mark.parametrize("content", [b"a" * (3 << 20), b"slug,stock\n" + b"a," * (1 << 20) + b"\n"])
def test_a_line_without_end_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(errors.Malformed, match=r"lines of less than|columns out of|CSV"):
        rows_of(path)


def test_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('slug,stock\n"' + "a\n" * (1 << 20) + '",1\n', encoding="utf-8")
    with pytest.raises(errors.Malformed, match="expected CSV"):
        rows_of(path)
