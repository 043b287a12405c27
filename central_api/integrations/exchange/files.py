"""Reads and writes tables as CSV or XLSX, a row at a time, however long they are."""

import codecs
import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from central_api.integrations.exchange.cells import Cell, Row, guarded
from club.model import errors

LARGEST_SHEET = 256 * 1024**2
"""Bytes a workbook may unpack to; 100,000 members need a quarter of it."""
LARGEST_PART = 64 * 1024**2
"""Bytes of what is read into memory whole, such as the texts that cells share: all but the sheets."""
MOST_ROWS = 1_048_576
"""Rows of a sheet, as spreadsheets have them; one that says it has more would be counted up to there in vain."""
LONGEST_LINE = 1024**2
_CHUNK = 1 << 20
_SEPARATORS = ",;\t"


@contextmanager
def reading(path: Path, columns: Sequence[str], needed: Sequence[str]) -> Iterator[Iterator[Row]]:
    """The rows of a file; empty ones are passed over.

    Args:
        path: ends in .csv or .xlsx; of a workbook the first sheet is read.
        columns: those there may be.
        needed: those there must be.

    Raises:
        Malformed: another kind of file, or an encoding, header or shape that is not understood.
        OSError: the file cannot be read.
    """
    if path.suffix.lower() == ".csv":
        encoding = encoding_of(path)
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline(LONGEST_LINE)
            file.seek(0)
            separator = max(_SEPARATORS, key=first.count)
            yield _rows(_csv_rows(csv.reader(_lines(file), delimiter=separator, strict=True)), columns, needed)
    elif path.suffix.lower() == ".xlsx":
        # The file is ours to close: of a broken one the reader of workbooks leaves parts open.
        with path.open("rb") as packed, closing(_workbook(path, packed)) as book:
            yield _rows(_sheet_rows(book, path), columns, needed)
    else:
        raise errors.Malformed(f"expected a file ending in .csv or .xlsx, found {path.name}")


def encoding_of(path: Path) -> str:
    """How a text file is encoded: UTF-8 with or without its mark, or GB18030, as Excel writes CSV in Chinese.

    Raises:
        Malformed: it is none of these.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        candidates: tuple[str, ...] = ("utf-8-sig",)
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ()
    else:
        candidates = ("utf-8", "gb18030")
    for encoding in candidates:
        if _is_text(path, encoding):
            return encoding
    raise errors.Malformed(f"expected {path.name} in UTF-8 or GB18030, found another encoding; save it as CSV UTF-8")


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write a table; there is a whole file under that name, or none. Text that begins like a formula stays text.

    Returns:
        How many rows there are.

    Raises:
        Malformed: the name ends in something else than .csv or .xlsx.
        OSError: it cannot be written.
    """
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise errors.Malformed(f"expected a file ending in .csv or .xlsx, found {path.name}")
    part = path.with_name(f".{path.name}.part")
    try:
        count = (_write_csv if path.suffix.lower() == ".csv" else _write_xlsx)(part, columns, rows)
        part.chmod(0o600)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _rows(found: Iterable[Sequence[Any]], columns: Sequence[str], needed: Sequence[str]) -> Iterator[Row]:
    rows = enumerate(found, 1)
    header = [str(cell or "").strip() for cell in next(rows, (1, ()))[1]]
    while header and not header[-1]:
        header.pop()
    unknown = [name for name in header if name not in columns]
    missing = [name for name in needed if name not in header]
    if unknown or missing or len(set(header)) != len(header):
        what = (
            f"unknown {', '.join(unknown[:5])}" if unknown else f"missing {', '.join(missing)}" if missing else "twice"
        )
        raise errors.Malformed(f"expected a first row with columns out of {', '.join(columns)}; {what}")
    for number, cells in rows:
        if all(cell is None or cell == "" for cell in cells):
            continue
        if any(cell is not None and cell != "" for cell in cells[len(header) :]):
            raise errors.Malformed(f"row {number}: expected {len(header)} cells, found {len(cells)}")
        yield Row(number, dict(zip(header, cells, strict=False)))


def _sheet_rows(book: Any, path: Path) -> Iterator[Sequence[Any]]:
    """The rows of the first sheet. What the reader of workbooks raises over a broken one is not said anywhere."""
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            if number > MOST_ROWS:
                raise errors.Malformed(f"expected a sheet of at most {MOST_ROWS} rows in {path.name}, found more")
            yield row
    except (MemoryError, errors.ClubError):
        raise
    except Exception as fault:
        raise _broken(path, fault) from fault


def _broken(path: Path, fault: Exception) -> Exception:
    """The fault itself where it is the system's, which has a number; the reader also calls a broken file an OSError."""
    if isinstance(fault, OSError) and fault.errno is not None:
        return fault
    return errors.Malformed(f"expected an XLSX workbook in {path.name}, found something else, or a broken one")


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file, none without end."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise errors.Malformed(f"expected lines of less than {LONGEST_LINE} characters, found a longer one")
        yield line


def _csv_rows(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as fault:
        raise errors.Malformed(f"expected CSV, found something else: {fault}") from fault


def _is_text(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _workbook(path: Path, packed: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(packed) as whole:
            parts = whole.infolist()
        for found, largest in ((parts, LARGEST_SHEET), ([one for one in parts if not _is_sheet(one)], LARGEST_PART)):
            size = sum(part.file_size for part in found)
            if size > largest:
                what = "" if largest == LARGEST_SHEET else ", its sheets apart"
                raise errors.Malformed(
                    f"expected a workbook of at most {largest >> 20} MiB unpacked{what}, found {size >> 20}"
                )
        book = load_workbook(packed, read_only=True, data_only=True)
    except (MemoryError, errors.ClubError):
        raise
    except Exception as fault:  # as in _sheet_rows
        raise _broken(path, fault) from fault
    if not book.worksheets:
        raise errors.Malformed(f"expected an XLSX workbook with a sheet in {path.name}, found none")
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a file says of its size is not always true
    return book


def _is_sheet(part: zipfile.ZipInfo) -> bool:
    return part.filename.startswith("xl/worksheets/")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # with its mark, by which Excel knows it
        out = csv.writer(file)
        out.writerow(columns)
        for count, row in enumerate(rows, 1):  # noqa: B007 -- the last one is how many there were
            out.writerow([guarded(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
    return count


def _write_xlsx(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("1")
    sheet.append(list(columns))
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 -- the last one is how many there were
        sheet.append([_text_cell(sheet, cell) if isinstance(cell, str) else cell for cell in row])
    book.save(path)
    return count


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, guarded(text))
    cell.data_type = "s"
    return cell
