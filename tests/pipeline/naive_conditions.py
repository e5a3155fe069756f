"""SQL conditions over V1's students, each with what plain Python makes of it for a row: null is None."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final

from hypothesis import strategies as st

Row = dict[str, Any]
Truth = bool | None
"""True, false, or null."""


@dataclass(frozen=True)
class Piece:
    """A piece of a condition, and what it is for a row."""

    sql: str
    of: Callable[[Row], Any]


Pieces = st.SearchStrategy[Piece]
Compute = Callable[[Any, Any], Any]

COMPARISONS: Final[Mapping[str, Compute]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
EQUALITIES: Final = ("=", "<>", "!=")
"""For texts, whose order is the server's."""


def column(*names: str) -> Pieces:
    spellings: list[Callable[[str], str]] = [str, str.upper, str.title, '"{}"'.format]
    return st.builds(lambda name, spelled: Piece(spelled(name), lambda row: row[name]), st.sampled_from(names), st.sampled_from(spellings))


def quoted(value: object) -> Piece:
    return Piece("'" + str(value).replace("'", "''") + "'", lambda _: value)


def number(value: int) -> Piece:
    return Piece(str(value), lambda _: value)


def negative(piece: Piece) -> Piece:
    return Piece(f"(-{piece.sql})", lambda row: None if (value := piece.of(row)) is None else -value)


def bracketed(piece: Piece) -> Piece:
    return Piece(f"({piece.sql})", piece.of)


def joined(operator: str, compute: Compute, left: Piece, right: Piece) -> Piece:
    """An operation that is null if an operand is."""

    def of(row: Row) -> Any:
        values = left.of(row), right.of(row)
        return None if None in values else compute(*values)

    return Piece(f"{left.sql} {operator} {right.sql}", of)


def chained(operators: Mapping[str, Compute], operands: Pieces) -> Pieces:
    """Operands with operators of one precedence between them, computed from the left."""
    further = st.lists(st.tuples(st.sampled_from(sorted(operators)), operands), max_size=2)
    return st.builds(
        lambda first, rest: reduce(lambda left, pair: joined(pair[0], operators[pair[0]], left, pair[1]), rest, first), operands, further
    )


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def both(a: Truth, b: Truth) -> Truth:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def either(a: Truth, b: Truth) -> Truth:
    return negated(both(negated(a), negated(b)))


def inverted(piece: Piece) -> Piece:
    return Piece(f"NOT {piece.sql}", lambda row: negated(piece.of(row)))


def told(piece: Piece, truth: bool, is_negated: bool) -> Piece:
    return Piece(f"({piece.sql}) IS {'NOT ' if is_negated else ''}{truth}", lambda row: (piece.of(row) is truth) is not is_negated)


def between(piece: Piece, low: Piece, high: Piece, is_negated: bool) -> Piece:
    at_least, at_most = (joined(operator, COMPARISONS[operator], piece, end) for operator, end in ((">=", low), ("<=", high)))

    def of(row: Row) -> Truth:
        truth = both(at_least.of(row), at_most.of(row))
        return negated(truth) if is_negated else truth

    return Piece(f"{piece.sql} {'NOT ' if is_negated else ''}BETWEEN {low.sql} AND {high.sql}", of)


def listed(piece: Piece, options: list[Piece], is_negated: bool) -> Piece:
    equal = [joined("=", COMPARISONS["="], piece, option) for option in options]

    def of(row: Row) -> Truth:
        truth = reduce(either, (one.of(row) for one in equal))
        return negated(truth) if is_negated else truth

    return Piece(f"{piece.sql} {'not in' if is_negated else 'IN'} ({', '.join(option.sql for option in options)})", of)


def compared(left: Pieces, right: Pieces, operators: tuple[str, ...] = tuple(COMPARISONS)) -> Pieces:
    """Predicates over pieces of one type; without brackets, so that PostgreSQL's precedence is what counts."""
    return st.one_of(
        st.builds(lambda operator, a, b: joined(operator, COMPARISONS[operator], a, b), st.sampled_from(operators), left, right),
        st.builds(lambda a, b: Piece(f"{a.sql} IS DISTINCT FROM {b.sql}", lambda row: a.of(row) != b.of(row)), left, right),
        st.builds(lambda a: Piece(f"{a.sql} IS NOT NULL", lambda row: a.of(row) is not None), left),
        st.builds(listed, left, st.lists(right, min_size=1, max_size=3), st.booleans()),
    )


def connected(operator: str, compute: Callable[[Truth, Truth], Truth], operands: Pieces) -> Pieces:
    return st.lists(operands, min_size=1, max_size=3).map(
        lambda parts: Piece(f" {operator} ".join(part.sql for part in parts), lambda row: reduce(compute, (part.of(row) for part in parts)))
    )


NUMBERS: Final = st.recursive(
    column("id", "school_id", "class_id") | st.integers(0, 5).map(number),
    lambda inner: chained({"+": int.__add__, "-": int.__sub__}, chained({"*": int.__mul__}, inner)).map(bracketed) | inner.map(negative),
    max_leaves=4,
)
TEXTS: Final = chained({"||": str.__add__}, column("full_name", "email") | st.text("Adaz'%_ ë", max_size=3).map(quoted))
INSTANTS: Final = column("date_of_birth", "created_at")
DATES: Final = INSTANTS | st.datetimes(datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2024-02-01")).map(quoted)

PREDICATES: Final = st.one_of(
    compared(NUMBERS, NUMBERS),
    compared(TEXTS, TEXTS, EQUALITIES),
    compared(INSTANTS, DATES),
    st.builds(between, NUMBERS, NUMBERS, NUMBERS, st.booleans()),
    st.builds(between, INSTANTS, DATES, DATES, st.booleans()),
    st.sampled_from([Piece("true", lambda _: True), Piece("False", lambda _: False)]),
)
CONDITIONS: Final = st.recursive(
    PREDICATES,
    lambda inner: (
        connected("OR", either, connected("and", both, inner | inner.map(inverted))).map(bracketed)
        | st.builds(told, inner, st.booleans(), st.booleans())
    ),
    max_leaves=8,
)
