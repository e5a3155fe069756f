"""The books as a picture: V1's tables on the left, what became of their rows on the right, a ribbon for each of both.

Only geometry is made here; `flow.svg.j2` draws it, and `style.css` colours it.

```
 Teacher  ▌▔▔▔▔▔▔▔▔▔▔▔▔▐ inserted
          ▌▁▁▁╲╱▁▁▁▁▁▁▁▐
 Subject  ▌▔▔▔╱╲▔▔▔▔▔▔▔▐ merged
          ▌▁▁╲   ┈┈┈┈┈┈○ changes on record
              ╲
               ╲▁▁▁▁▁▁▁▐ rejected
```
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.page.figures import as_count

Books = Mapping[str, Mapping[str, Any]]
"""V1 table → `read`, and what became of its rows."""

IN_V2: Final = ("inserted", "updated", "unchanged", "kept", "merged")
"""What can become of a row that V2 holds in the end, in the order of the picture."""

NOT_IN_V2: Final = ("rejected", "unaccounted")
"""What can become of the others. No run that ended well has unaccounted ones."""

THINNEST: Final = 1.25
"""A ribbon of few rows would not be seen otherwise."""

GAP: Final = 8.0
"""Between the nodes of a column."""

HEADING: Final = 28.0
"""The height of a heading, above a column and above what is not in V2."""

CHANGES_SIZE: Final = 12.0
"""The height of the node of changes, which has no scale."""


@dataclass(frozen=True)
class Layout:
    """The measures of a picture, in its own units: pixels, where it is shown at its full width."""

    name: str
    width: float
    left: float
    """Where the tables' nodes begin; their labels are left of it."""
    right: float
    """Where the outcomes' nodes begin; their labels are behind them."""
    node: float
    """A node's width."""
    scale: float
    """The height of all rows together."""
    table_pitch: float
    """The least height of a table, that its label has room."""
    outcome_pitch: float
    longest_name: int
    """Characters of a table's name; longer ones are cut, and told whole by the ribbon's title."""


WIDE: Final = Layout("wide", 880, 196, 704, 10, 330, 27, 48, 20)
NARROW: Final = Layout("narrow", 350, 116, 246, 8, 300, 36, 44, 17)
"""For phones: labels on two lines."""


@dataclass(frozen=True)
class Node:
    """A bar at the edge of the picture, with its label."""

    name: str
    rows: int
    top: float
    height: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class Ribbon:
    """Rows of one table that became one thing."""

    table: str
    outcome: str
    rows: int
    start: float
    """Where it leaves its table, and below where it comes to its outcome: the upper edges."""
    end: float
    thickness: float

    def path(self, layout: Layout, /) -> str:
        """The SVG path around it."""
        near, far = layout.left + layout.node, layout.right
        middle = (near + far) / 2
        low_start, low_end = self.start + self.thickness, self.end + self.thickness
        return (
            f"M{near:g} {self.start:.1f}C{middle:g} {self.start:.1f} {middle:g} {self.end:.1f} {far:g} {self.end:.1f}V{low_end:.1f}"
            f"C{middle:g} {low_end:.1f} {middle:g} {low_start:.1f} {near:g} {low_start:.1f}z"
        )


@dataclass(frozen=True)
class Flow:
    """A picture, ready to be drawn."""

    layout: Layout
    tables: Sequence[Node]
    held: list[Node]
    """What became of the rows that V2 holds."""
    lost: list[Node]
    """What became of the others."""
    changes: Node | None
    """Entries in the record of changes: beside the ribbons, and not to their scale."""
    ribbons: Sequence[Ribbon]

    @property
    def height(self) -> int:
        """Of the whole picture."""
        own = _bottom(self.tables, self.layout.table_pitch)
        others = [*self.held, *self.lost, *([self.changes] if self.changes else [])]
        return round(max(own, _bottom(others, self.layout.outcome_pitch))) + 4

    @property
    def lost_heading(self) -> float:
        """Where the heading of what is not in V2 stands: its base line."""
        first = self.lost[0]
        return first.middle - max(first.height + GAP, self.layout.outcome_pitch) / 2 - GAP

    @property
    def root(self) -> tuple[float, float] | None:
        """Where the changes branch off: the point halfway along the widest ribbon into V2; None if no row came there, or none changed."""
        into_v2 = [ribbon for ribbon in self.ribbons if ribbon.outcome in IN_V2]
        if self.changes is None or not into_v2:
            return None
        widest = max(into_v2, key=lambda ribbon: ribbon.thickness)
        return (self.layout.left + self.layout.node + self.layout.right) / 2, (widest.start + widest.end + widest.thickness) / 2

    @property
    def branch(self) -> str:
        """The SVG path from there to the node of changes; empty if there is none."""
        if self.changes is None or self.root is None:
            return ""
        left, top = self.root
        bend = (left + self.layout.right) / 2
        return f"M{left:g} {top:.1f}C{bend:g} {top:.1f} {left:g} {self.changes.middle:.1f} {self.layout.right:g} {self.changes.middle:.1f}"


def flow(books: Books, layout: Layout, /, *, changes: int = 0) -> Flow | None:
    """The picture of the books; None if no rows were read, for then there is nothing to see.

    Heights are in proportion to rows, but for ribbons that would be too thin to be seen. What was rejected falls to the bottom.

    Args:
        books: As the document has them.
        layout: The measures.
        changes: Entries in the record of changes; 0 leaves them out of the picture.
    """
    ribbons = _scaled(books, layout)
    if not ribbons:
        return None
    tables = [_node(name, [ribbon for ribbon in ribbons if ribbon.table == name]) for name in books]
    outcomes = {name: _node(name, [ribbon for ribbon in ribbons if ribbon.outcome == name]) for name in (*IN_V2, *NOT_IN_V2)}
    tables = _stacked(tables, layout.table_pitch, top=HEADING)
    held = _stacked([outcomes[name] for name in IN_V2 if outcomes[name].rows], layout.outcome_pitch, top=HEADING)
    below = _bottom(held, layout.outcome_pitch)
    changed = None
    if changes:
        (changed,) = _stacked([Node("changes", changes, 0, CHANGES_SIZE)], layout.outcome_pitch, top=below + GAP)
        below = _bottom([changed], layout.outcome_pitch)
    left_out = [outcomes[name] for name in NOT_IN_V2 if outcomes[name].rows]
    lost = _stacked(left_out, layout.outcome_pitch, top=below + HEADING + GAP)
    fall = max(0.0, _bottom(tables, layout.table_pitch) - _bottom(lost, layout.outcome_pitch))
    lost = [replace(node, top=node.top + fall) for node in lost]
    return Flow(layout, tables, held, lost, changed, _placed(ribbons, tables, [*held, *lost]))


def told(books: Books, /) -> str:
    """The picture in words, for those who do not see it."""
    sums = {name: sum(_became(book)[name] for book in books.values()) for name in (*IN_V2, *NOT_IN_V2)}
    by_table = "; ".join(f"{table}: {as_count(book.get('read', 0))} rows, {_listed(_became(book))}" for table, book in books.items())
    return f"Of {as_count(sum(book.get('read', 0) for book in books.values()))} rows, {_listed(sums)}. By table: {by_table}."


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{as_count(rows)} {name}" for name, rows in counts.items() if rows) or "none"


def _became(book: Mapping[str, Any]) -> dict[str, int]:
    known = {name: max(0, int(book.get(name, 0))) for name in (*IN_V2, "rejected")}
    return known | {"unaccounted": max(0, int(book.get("read", 0)) - sum(known.values()))}


def _scaled(books: Books, layout: Layout) -> list[Ribbon]:
    """The ribbons, with their thickness, but not yet placed."""
    counts = [(table, outcome, rows) for table, book in books.items() for outcome, rows in _became(book).items() if rows]
    total = sum(rows for *_, rows in counts)
    return [Ribbon(table, outcome, rows, 0, 0, max(THINNEST, layout.scale * rows / total)) for table, outcome, rows in counts]


def _node(name: str, ribbons: Sequence[Ribbon]) -> Node:
    return Node(name, sum(ribbon.rows for ribbon in ribbons), 0, sum(ribbon.thickness for ribbon in ribbons))


def _stacked(nodes: Sequence[Node], pitch: float, *, top: float) -> list[Node]:
    """The nodes one below the other, each in the middle of the room that it and its label take."""
    stacked = []
    for node in nodes:
        room = max(node.height + GAP, pitch)
        stacked.append(replace(node, top=top + (room - node.height) / 2))
        top += room
    return stacked


def _bottom(nodes: Sequence[Node], pitch: float) -> float:
    """Below the last node and its label."""
    return max((node.middle + max(node.height + GAP, pitch) / 2 for node in nodes), default=HEADING)


def _placed(ribbons: Sequence[Ribbon], tables: Sequence[Node], outcomes: Sequence[Node]) -> list[Ribbon]:
    """Each table's ribbons in the order of the outcomes, each outcome's in the order of the tables: so the fewest cross."""
    leaving = {node.name: node.top for node in tables}
    coming = {node.name: node.top for node in outcomes}
    placed = []
    for ribbon in ribbons:
        placed.append(replace(ribbon, start=leaving[ribbon.table], end=coming[ribbon.outcome]))
        leaving[ribbon.table] += ribbon.thickness
        coming[ribbon.outcome] += ribbon.thickness
    return placed
