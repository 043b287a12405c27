"""Reads pages as a browser without scripts would: texts, links, forms with their fields."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

_EMPTY = {"input", "img", "meta", "link", "br", "hr"}


@dataclass
class Form:
    """A form: where it goes, and what it would send as it stands; ticked boxes of one name are a list."""

    id: str
    action: str
    fields: dict[str, str | list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str, *, box: bool) -> None:
        if not box:
            self.fields[name] = value
            return
        ticked = self.fields.setdefault(name, [])
        assert isinstance(ticked, list)
        ticked.append(value)


class Page(HTMLParser):
    """An answer, read."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer, self.status, self.url = answer, answer.status_code, str(answer.url)
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self._area: tuple[Form, str] | None = None
        self.feed(answer.text)

    def form(self, id: str) -> Form:
        return next(form for form in self.forms if form.id == id)

    def text(self, id: str) -> str:
        """Everything said inside the element with this id."""
        return " ".join(self.texts.get(id, "").split())

    def find(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}.items()
        return [found for name, found in self.tags if name == tag and wanted <= found.items()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag == "form":
            self.forms.append(Form(found.get("id", ""), found.get("action", "")))
        elif tag == "input" and "name" in found and not found.get("form") and self.forms:
            ticked = found.get("type") not in ("checkbox", "radio", "file") or "checked" in found
            if ticked:
                self.forms[-1].add(found["name"], found.get("value", ""), box=found.get("type") == "checkbox")
        elif tag == "textarea":
            self._area = (self.forms[-1], found["name"])
            self.forms[-1].fields[found["name"]] = ""
        if tag not in _EMPTY:
            self._open.append(found.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        if tag not in _EMPTY and self._open:
            self._open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            form, name = self._area
            form.fields[name] = f"{form.fields[name]}{data}"
        for named in filter(None, self._open):
            self.texts[named] = self.texts.get(named, "") + data
