"""Server-sent events from bytes: the lines of the standard, and nothing else.

`requests`' `iter_lines` is not used on purpose: it reads `text/*` without a charset as ISO-8859-1 and cuts lines at
U+2028, which Chinese copy carries when it was pasted from a word processor.
"""

from msgspec import Struct

from club.sync import errors

_LONGEST = 1_000_000  # bytes of one event; our server's are under 200
_BOM = b"\xef\xbb\xbf"


class ServerSent(Struct, frozen=True):
    """One event. `name` is `message` where the server gave none; `id` is the last one seen."""

    name: str
    data: str
    id: str = ""


class Parser:
    """Feed it bytes as they come, in pieces cut anywhere; it gives the events that are complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False
        self._name = ""
        self._data: list[str] = []
        self._kept = 0
        self._id = ""

    def feed(self, piece: bytes) -> list[ServerSent]:
        """The events that `piece` completes; comments (the server's heartbeat) give none.

        Raises:
            ServerConfused: one event is longer than a million bytes.
        """
        self._rest += piece
        if not self._started:
            if len(self._rest) < len(_BOM) and _BOM.startswith(self._rest):
                return []
            self._rest = self._rest.removeprefix(_BOM)
            self._started = True
        found = []
        while (line := self._take_line()) is not None:
            event = self._line(line)
            if event is not None:
                found.append(event)
        if len(self._rest) + self._kept > _LONGEST:
            raise errors.ServerConfused(
                f"expected an event of at most {_LONGEST} bytes in the stream, found a longer one"
            )
        return found

    def _take_line(self) -> bytes | None:
        """The next whole line, without its end: LF, CR LF or CR. A CR at the very end waits, its LF may follow."""
        ends = [at for at in (self._rest.find(b"\n"), self._rest.find(b"\r")) if at >= 0]
        if not ends:
            return None
        end = min(ends)
        after = end + 1
        if self._rest[end] == 0x0D:
            if after == len(self._rest):
                return None
            if self._rest[after] == 0x0A:
                after += 1
        line, self._rest = self._rest[:end], self._rest[after:]
        return line

    def _line(self, line: bytes) -> ServerSent | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        match field:
            case b"event":
                self._name = text
            case b"data":
                self._data.append(text)
                self._kept += len(value)
            case b"id" if "\0" not in text:
                self._id = text
            case _:
                pass  # a comment (empty field), `retry`, or a field of a later standard
        return None

    def _dispatch(self) -> ServerSent | None:
        data, name = self._data, self._name
        self._data, self._name, self._kept = [], "", 0
        if not data:
            return None
        return ServerSent(name or "message", "\n".join(data), self._id)
