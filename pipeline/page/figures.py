"""Numbers of a report's document as the page shows them: grouped, with their unit, and marked with where they stand in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

Document = Mapping[str, Any]
"""What `report.json` holds. Keys may be missing: a run that failed early has few."""

Step = str | int

EVERY: Final = "*"
"""A step of a path that stands for all children: their sum is meant."""

SUM_DIGITS: Final = 6
"""Digits behind the point of a sum; seconds have three."""

NOT_KNOWN: Final = Markup('<span class="none">not known</span>')


@dataclass(frozen=True)
class Figures:
    """Shows numbers of a document by their path: `count("books", "Teacher", "read")`, `count("books", EVERY, "read")`.

    Each comes as a `data` element whose `value` is the bare number and whose `data-key` is the path, joined by dots, so that a
    page can be held against its document. A number that the document does not have is shown as not known.
    """

    document: Document

    def value(self, *path: Step) -> float | None:
        """The bare number, or the sum where a step is `EVERY`; None if it is not there, 0 for the sum of nothing."""
        return _at(self.document, path)

    def count(self, *path: Step) -> Markup:
        """A number of rows, cells or entries: `1,234`."""
        return self._marked(path, as_count)

    def duration(self, *path: Step) -> Markup:
        """Seconds, as a person says them: `4 min 12 s`."""
        return self._marked(path, as_duration)

    def size(self, *path: Step) -> Markup:
        """Bytes, in decimal units: `313 MB`."""
        return self._marked(path, as_size)

    def _marked(self, path: tuple[Step, ...], shown: Callable[[float], str]) -> Markup:
        value = self.value(*path)
        if value is None:
            return NOT_KNOWN
        key = ".".join(str(step) for step in path)
        return Markup('<data value="{}" data-key="{}">{}</data>').format(value, key, shown(value))


def as_count(number: float, /) -> str:
    """Digits in groups of three.

    >>> as_count(1234567), as_count(0.5)
    ('1,234,567', '0.5')
    """
    return f"{number:,.0f}" if number == round(number) else f"{number:,}"


def as_duration(seconds: float, /) -> str:
    """Seconds with three digits at most, then minutes, then hours.

    >>> [as_duration(seconds) for seconds in (0.042, 0.96, 31.769, 59.99, 252.4, 3599.7, 7500)]
    ['0.04 s', '0.96 s', '31.8 s', '1 min 0 s', '4 min 12 s', '1 h 00 min', '2 h 05 min']
    """
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min"


def as_size(size: float, /) -> str:
    """Bytes in decimal units, three digits.

    >>> [as_size(size) for size in (12, 3_456, 313_208_832, 20_000_000_000)]
    ['12 bytes', '3.46 kB', '313 MB', '20.0 GB']
    """
    if size < 1000:
        return f"{size:.0f} byte{'' if size == 1 else 's'}"
    power = 1 + (size >= 999_500) + (size >= 999_500_000)
    size /= 1000**power
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:,.{digits}f} {('kB', 'MB', 'GB')[power - 1]}"


def as_percent(part: float, whole: float, /) -> str:
    """A share, with one digit behind the point; nothing is called 0% or 100% that is not.

    >>> as_percent(1, 3), as_percent(0, 5), as_percent(1, 100_000), as_percent(99_999, 100_000), as_percent(1, 0)
    ('33.3%', '0%', '<0.1%', '>99.9%', '–')
    """
    if not whole:
        return "–"
    percent = 100 * part / whole
    if percent in {0, 100}:
        return f"{percent:.0f}%"
    return "<0.1%" if 0 < percent < 0.1 else ">99.9%" if 99.9 < percent < 100 else f"{percent:.1f}%"


def _at(node: Any, path: tuple[Step, ...]) -> float | None:
    if not path:
        return node if isinstance(node, int | float) and not isinstance(node, bool) else None
    step, *rest = path
    if step == EVERY:
        if not isinstance(node, Mapping | list):
            return None
        children = node.values() if isinstance(node, Mapping) else node
        total = sum(_at(child, tuple(rest)) or 0 for child in children)
        return round(total, SUM_DIGITS)  # 0.1 + 0.2 is 0.3 to whoever reads it
    try:
        return _at(node[step], tuple(rest))
    except (KeyError, IndexError, TypeError):
        return None
