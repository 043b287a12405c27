"""Somebody of the staff at the console, as their browser speaks to it: pages with their pictures, forms with every field."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.bench.glass.chain import EDITED
from tests.support.pages import Form, Page

_PATH = f"/console/boards/{EDITED}"
_PATIENCE_S = 60.0


class Desk:
    """The editor of one board, opened by somebody signed in.

    Raises (each call): RuntimeError when the console answers something other than what follows there.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._seen: set[str] = set()
        self._page = self._read(http.get(_PATH))

    def edit(self, title: str) -> None:
        """Type another title; the page stores the draft at the pause in typing, and fetches its preview anew."""
        form = self._form
        form.fields["zh.title"] = title
        stored = self._http.post(f"{_PATH}/draft", data=form.fields, headers={"HX-Request": "true"})
        if stored.status_code != 200:
            raise RuntimeError(f"expected the draft to be stored, found {stored.status_code}")
        found = re.search(r'id="edit" name="edit" value="(\d+)"', stored.text)
        if found is None:
            raise RuntimeError("expected the count of edits in the answer to a draft, found none")
        form.fields["edit"] = found[1]
        self._look(stored.text)

    def use_picture(self, name: str, data: bytes) -> None:
        """Give the draft an uploaded picture (JPEG)."""
        form = next(form for form in self._page.forms if form.action == f"{_PATH}/picture" and not form.id)
        fields = {key: form.fields[key] for key in ("csrf", "edit", "page")}
        answer = self._http.post(f"{_PATH}/picture", data=fields, files={"upload": (name, data, "image/jpeg")})
        self._page = self._read(self._follow(answer))

    def publish(self) -> tuple[float, float]:
        """Press Publish: when the request was sent and when it was answered (monotonic, s); the page that follows is loaded whole."""
        form = self._form
        sent = time.monotonic()
        answer = self._http.post(f"{_PATH}/publish", data=form.fields)
        answered = time.monotonic()
        if answer.headers.get("location") != f"{_PATH}?done=published":
            raise RuntimeError(f"expected the board to be published, found {answer.status_code}: {answer.text[-500:]}")
        self._page = self._read(self._follow(answer))
        return sent, answered

    @property
    def version(self) -> int:
        """The newest published version, as the page says it."""
        found = re.findall(r"of=published&(?:amp;)?v=(\d+)", self._page.answer.text)
        return int(found[0])

    @property
    def _form(self) -> Form:
        return self._page.form("editor")

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != 303:
            raise RuntimeError(f"expected to be sent on, found {answer.status_code}: {answer.text[-500:]}")
        return self._http.get(answer.headers["location"])

    def _read(self, answer: httpx.Response) -> Page:
        if answer.status_code != 200:
            raise RuntimeError(f"expected the editor, found {answer.status_code}")
        self._look(answer.text)
        return Page(answer)

    def _look(self, text: str) -> None:
        """Fetch the pictures that are in sight and were not fetched yet; those of a part that is shut are lazy and stay."""
        for tag in re.findall(r"<img [^>]*>", text):
            source = re.search(r'src="([^"]+)"', tag)
            if source is None or 'loading="lazy"' in tag or source[1] in self._seen:
                continue
            self._seen.add(source[1])
            self._http.get(source[1].replace("&amp;", "&")).raise_for_status()


@contextmanager
def at_desk(url: str, number: str, password: str) -> Iterator[Desk]:
    """Sign in and open the editor."""
    headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=url, headers=headers, timeout=_PATIENCE_S, trust_env=False) as http:
        http.get("/console/sign-in").raise_for_status()
        answer = http.post("/console/sign-in", data={"number": number, "password": password, "next": ""})
        if answer.status_code != 303:
            raise RuntimeError(f"expected to be let in, found {answer.status_code}")
        yield Desk(http)
