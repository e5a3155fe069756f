"""Reads a page as a strict reader would: every tag closed in its turn, every id once."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

VOID: Final = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Element:
    """An element of the page, and what it holds."""

    tag: str
    attributes: dict[str, str | None]
    parents: tuple[str, ...]
    pieces: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name] or ""

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)


@dataclass
class Reader(HTMLParser):
    """The elements of a page, in the order in which they begin."""

    elements: list[Element] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in attributes.items())
        ]

    def having(self, attribute: str) -> list[Element]:
        return [element for element in self.elements if attribute in element.attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs), tuple(parent.tag for parent in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in [parent.tag for parent in self._open], f"<{tag}/> closes itself outside of a picture"
        self.elements.append(Element(tag, dict(attrs), tuple(parent.tag for parent in self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>, at {self.getpos()}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.pieces.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def close(self) -> None:
        super().close()
        assert not self._open, f"left open: {[element.tag for element in self._open]}"


def read(page: str) -> Reader:
    """The page, read to its end.

    Raises:
        AssertionError: It is not well-formed.
    """
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def numbers_in(document: Any, path: tuple[str, ...] = ()) -> dict[str, float]:
    """Every number of a document by its path, as the page's marks name it."""
    if isinstance(document, bool):
        return {}
    if isinstance(document, int | float):
        return {".".join(path): document}
    children = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    found: dict[str, float] = {}
    for key, child in children:
        found |= numbers_in(child, (*path, str(key)))
    return found


def marked(numbers: dict[str, float], key: str) -> float:
    """The number that a mark on the page means: `books.Teacher.read`, or the sum over all tables, `books.*.read`."""
    start, star, end = key.partition("*")
    if not star:
        return numbers[key]
    return round(sum(number for path, number in numbers.items() if path.startswith(start) and path.endswith(end)), 6)
