"""The card panel: a small page on this machine that lays the demo's virtual cards on the reader."""

import html
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from club.words.catalogue import words

_LANGUAGES = ("zh-CN", "en")
_STYLE = """
body{font:16px/1.5 sans-serif;background:#F1F1EC;color:#13201C;margin:24px auto;max-width:880px;padding:0 16px}
h1{font-size:24px;margin:0 0 4px}p{color:#44524C;margin:0 0 4px}
li{display:flex;gap:16px;align-items:center;background:#fff;border-radius:14px;padding:10px 16px;margin:8px 0;list-style:none}
ul{padding:0;margin:16px 0}b{min-width:120px}span{flex:1;color:#44524C;font-size:14px}
button{font:inherit;font-weight:700;border:0;border-radius:10px;padding:10px 18px;min-height:44px;background:#0B6B57;color:#fff;cursor:pointer;white-space:nowrap}
button.quiet{background:#DCEBE4;color:#084F40}
"""


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card of the panel: its name on the reader, what is said of it, and its PIN (empty: none)."""

    name: str
    title: str
    remark: str
    pin: str


class Panel:
    """Serves the page on 127.0.0.1 until closed; a context manager.

    Args:
        cards: what is offered.
        do: called with `tap`, `lay` or `take` and the card's name, on a server thread.
    """

    def __init__(self, cards: Sequence[CardLine], do: Callable[[str, str], None]) -> None:
        panel = self
        self._cards, self._do = {card.name: card for card in cards}, do

        class Handler(BaseHTTPRequestHandler):
            """Answers the panel's two requests."""

            def do_GET(self) -> None:  # the base class's name
                """The page."""
                self._answer(HTTPStatus.OK if self.path == "/" else HTTPStatus.NOT_FOUND, panel.page())

            def do_POST(self) -> None:  # the base class's name
                """A button."""
                length = min(int(self.headers.get("Content-Length") or 0), 1000)
                form = parse_qs(self.rfile.read(length).decode("ascii", "replace"))
                verb, name = self.path.strip("/"), form.get("card", [""])[0]
                origin = self.headers.get("Origin")
                if verb not in {"tap", "lay", "take"} or (verb != "take" and name not in panel.names):
                    self._answer(HTTPStatus.NOT_FOUND, "")
                elif origin is not None and origin != f"http://{self.headers.get('Host')}":
                    self._answer(HTTPStatus.FORBIDDEN, "")
                else:
                    panel.act(verb, name)
                    self.send_response(HTTPStatus.SEE_OTHER)
                    self.send_header("Location", "/")
                    self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the panel's requests are not worth a line."""

            def _answer(self, status: HTTPStatus, page: str) -> None:
                body = page.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="card panel", daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def names(self) -> frozenset[str]:
        """The cards that can be laid on the reader."""
        return frozenset(self._cards)

    def act(self, verb: str, name: str) -> None:
        """Do what a button says."""
        self._do(verb, name)

    def page(self) -> str:
        """The page in both languages, with everything escaped."""
        rows = "".join(
            f"<li><b>{html.escape(card.title)}</b><span>{html.escape(card.remark)}"
            + (f" · {_both('demo.panel.pin')} {html.escape(card.pin)}" if card.pin else "")
            + f"</span>{_button('tap', card.name)}{_button('lay', card.name, 'quiet')}</li>"
            for card in self._cards.values()
        )
        hints = "".join(f"<p lang='{tag}'>{html.escape(words(tag)('demo.panel.hint'))}</p>" for tag in _LANGUAGES)
        return (
            f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{_both('demo.panel.title')}</title>"
            f"<style>{_STYLE}</style><h1>{_both('demo.panel.title')}</h1>{hints}"
            f"<ul>{rows}</ul>{_button('take', '', 'quiet')}</html>"
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _both(key: str) -> str:
    """A short text in both languages beside each other, escaped."""
    return html.escape(" · ".join(words(tag)(key) for tag in _LANGUAGES))


def _button(verb: str, name: str, kind: str = "") -> str:
    return (
        f"<form method='post' action='/{verb}'><input type='hidden' name='card' value='{html.escape(name)}'>"
        f"<button class='{kind}'>{_both(f'demo.panel.{verb}')}</button></form>"
    )
