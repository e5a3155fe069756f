"""A user's SQL condition: parsed, judged before any database sees it, and written anew.

sqlglot parses it, and whatever is in its tree must stand on the lists of `grammar`. What runs is written from that tree, never the
user's text: so what runs is what was judged.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import sqlglot
from sqlglot import ErrorLevel, TokenType, exp
from sqlglot.errors import ParseError, SqlglotError

from pipeline.errors import UsageError
from pipeline.postgres.grammar import (
    ALLOWED,
    CHAINS,
    CLOCK,
    OPERATORS,
    PREDICATES,
    REFUSED_NODES,
    REFUSED_TOKENS,
    SOUND,
    WHOLE_INTERVAL,
)

LONGEST_CONDITION: Final = 10_000
"""Characters."""

DIALECT: Final = "postgres"
LOGGER_OF_SQLGLOT: Final = logging.getLogger("sqlglot")
BARE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
"""One that may be repeated in a message; anything longer or odder could be a value."""

EXAMPLE: Final = 'Write one condition, such as --filter "school_id IN (1, 2, 3)" or --filter "created_at > \'2024-01-01\'".'


@dataclass(frozen=True)
class Condition:
    """One boolean expression over the columns of a row, without effects. Making one judges it.

    Allowed are comparisons, AND, OR, NOT, IN lists, BETWEEN, LIKE, ILIKE, IS, ANY of an array, CASE, arithmetic, `||`, casts to plain
    types, INTERVAL, AT TIME ZONE, and the functions lower, upper, length, trim, left, right, starts_with, coalesce, nullif, abs, extract,
    date_trunc, now and current_date.

    Raises:
        UsageError: It is anything else. The message says what, and near which character, and quotes no value.
    """

    text: str
    """As the user wrote it. It may hold personal data."""
    boolean_columns: AbstractSet[str] = frozenset()
    """Those that are a condition in themselves."""

    def __post_init__(self) -> None:
        _written(self._tree.copy(), {name: name for name in self.columns})

    @cached_property
    def columns(self) -> dict[str, int]:
        """The columns it is about, their names folded as PostgreSQL folds them → where each stands first: its character, from 1."""
        places: dict[str, int] = {}
        for identifier in self._tree.find_all(exp.Identifier, bfs=False):
            places.setdefault(_folded(identifier), _position(identifier))
        return places

    def is_bare(self, column: str, /) -> bool:
        """Whether a column's name may be repeated: it is plain, and not in double quotes, which people take for those of texts."""
        return BARE_NAME.fullmatch(column) is not None and self.text[self.columns[column] - 1] != '"'

    def sql(self, columns: Mapping[str, str], /, *, now: datetime) -> str:
        r"""The condition in PostgreSQL's SQL, every column quoted, brackets around every operand that needs them.

        Where it is null, it does not hold, as ever in SQL.

        >>> Condition("ID < 9 OR created_at > current_date").sql({"id": "id", "created_at": "made"}, now=datetime(2026, 1, 2))
        '("id" < 9) OR ("made" > CAST(\'2026-01-02\' AS DATE))'

        Args:
            columns: A name that the condition may use → the column's own name in the table; all of `self.columns` among them.
            now: What `now()`, `current_date` and their like mean: UTC, without a time zone.

        Raises:
            UsageError: It is nested too deeply.
        """
        return _written(_at(self._tree.copy(), now), columns)

    @cached_property
    def _tree(self) -> exp.Expr:
        _require_readable(self.text)
        with _parser_errors_mapped():
            _require_plain_tokens(self.text)
            tree = _parsed(self.text)
            for node in tree.walk():
                _require_allowed(node)
            if not _is_boolean(tree, self.boolean_columns):
                raise UsageError("--filter: that is a value, not a condition that is true or false.", next_step=EXAMPLE)
            return _bracketed(tree)


def _refusal(what: str, near: int) -> UsageError:
    return UsageError(f"--filter: {what} near character {near} has no place in a condition.", next_step=EXAMPLE)


def _require_readable(text: str) -> None:
    if not text.strip():
        raise UsageError("--filter is empty.", next_step=EXAMPLE)
    if len(text) > LONGEST_CONDITION:
        raise UsageError(
            f"--filter has more than {LONGEST_CONDITION:,} characters.", next_step="Compare with ranges, not with single values."
        )
    odd = re.search("[\0\ud800-\udfff]", text)  # what is no UTF-8 on the command line comes as surrogates
    if odd:
        raise _refusal("a NUL, or a byte that is no UTF-8 text,", odd.start() + 1)


@contextmanager
def _parser_errors_mapped() -> Iterator[None]:
    """Turns sqlglot's errors into `UsageError`s and keeps its warnings from the log: both quote the condition."""
    was_disabled, LOGGER_OF_SQLGLOT.disabled = LOGGER_OF_SQLGLOT.disabled, True
    try:
        yield
    except RecursionError:
        raise UsageError("--filter is nested too deeply.", next_step="Use fewer brackets, or IN with a list.") from None
    except ParseError as error:
        place = f" near character {len(error.errors[0]['start_context'] or '') + 1}" if error.errors else ""
        raise UsageError(f"--filter cannot be read as one condition{place}.", next_step=EXAMPLE) from None
    except SqlglotError:
        raise UsageError("--filter: a text, a name in quotes or a comment does not end.", next_step=EXAMPLE) from None
    finally:
        LOGGER_OF_SQLGLOT.disabled = was_disabled


def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, read=DIALECT, into=exp.Condition, error_message_context=len(text))


def _require_plain_tokens(text: str) -> None:
    """Refuses what the tree would not tell of, and what has no place in it anyway."""
    tokens = sqlglot.tokenize(text, read=DIALECT)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.token_type in REFUSED_TOKENS:
            raise _refusal(REFUSED_TOKENS[token.token_type], token.start + 1)
        if token.comments:
            raise _refusal("a comment", token.end + 1)
        is_interval = before and before.token_type == TokenType.INTERVAL and token.token_type == TokenType.STRING
        if is_interval and not WHOLE_INTERVAL.fullmatch(token.text):
            raise _refusal("an INTERVAL of more than a number and a unit (write '…'::interval)", token.start + 1)


def _require_allowed(node: exp.Expr) -> None:
    if isinstance(node, exp.Column) and len(node.parts) > 1:
        raise UsageError(
            f"--filter: the column near character {_position(node)} has a table before it.",
            next_step="Write the column alone: the condition holds for every selected table.",
        )
    parts = ALLOWED.get(type(node))
    if parts is None:
        raise _refusal(_kind(node), _position(node))
    beyond = [value for part, value in node.args.items() if value and part not in parts.split()]
    if beyond:
        strange = next((value for value in beyond if isinstance(value, exp.Expr) and type(value) not in ALLOWED), node)
        raise _refusal(_kind(strange), _position(strange))
    is_sound, otherwise = SOUND.get(type(node), (None, ""))
    if is_sound and not is_sound(node):
        raise _refusal(otherwise, _position(node))


def _kind(node: exp.Expr) -> str:
    """What people call a node."""
    for kinds, name in REFUSED_NODES:
        if isinstance(node, kinds):
            return name
    if isinstance(node, exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        return f"the function {name}" if BARE_NAME.fullmatch(name) else "a function of that name"
    return f"the construct {type(node).__name__}"


def _position(node: exp.Expr) -> int:
    """The first character, from 1, that is known to belong to a node, else to what it stands in."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    if starts or node.parent is None:
        return min(starts, default=0) + 1
    return _position(node.parent)


def _folded(identifier: exp.Identifier) -> str:
    """A name as PostgreSQL understands it: in lower case unless it is quoted."""
    return identifier.name if identifier.args["quoted"] else identifier.name.lower()


def _is_boolean(node: exp.Expr, boolean_columns: AbstractSet[str]) -> bool:
    """Whether a node is true, false or null, and nothing else."""
    match node:
        case exp.Column():
            return _folded(node.this) in boolean_columns
        case exp.Cast():
            return bool(node.to.this == exp.DType.BOOLEAN)
        case exp.Paren() | exp.Not():
            operands = [node.this]
        case exp.And() | exp.Or():
            operands = list(node.flatten())
        case exp.Coalesce():
            operands = [node.this, *node.expressions]
        case exp.Case():
            operands = [branch.args["true"] for branch in node.args["ifs"]] + [node.args.get("default") or exp.null()]
        case _:
            return type(node) in PREDICATES or isinstance(node, exp.Boolean | exp.StartsWith)
    return all(isinstance(operand, exp.Null) or _is_boolean(operand, boolean_columns) for operand in operands)


def _bracketed(tree: exp.Expr) -> exp.Expr:
    """The tree with brackets around operators that are operands: what binds more tightly is then no matter of opinion."""
    for node in [node for node in tree.walk() if type(node) in OPERATORS and type(node.parent) in OPERATORS]:
        is_chain = type(node) in CHAINS and type(node) is type(node.parent) and node.arg_key == "this"
        if not (is_chain or isinstance(node.parent, exp.Escape)):
            brackets = exp.Paren()
            node.replace(brackets)
            brackets.set("this", node)
    return tree


def _at(tree: exp.Expr, now: datetime) -> exp.Expr:
    """The tree with the time in the place of what asks for it: one instant for every table and every count."""
    for node in list(tree.find_all(*CLOCK)):
        kind = CLOCK[type(node)]
        told = now.date().isoformat() if kind == "date" else f"{now.isoformat(sep=' ')}{'+00' if kind == 'timestamptz' else ''}"
        node.replace(exp.cast(exp.Literal.string(told), kind, dialect=DIALECT))
    return tree


def _written(tree: exp.Expr, columns: Mapping[str, str]) -> str:
    """The tree, which is changed, as SQL over these columns; it was read back, and came out the same."""
    for identifier in list(tree.find_all(exp.Identifier)):
        identifier.replace(exp.to_identifier(columns[_folded(identifier)], quoted=True))
    with _parser_errors_mapped():
        written = tree.sql(DIALECT, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
        if _parsed(written) != tree:
            raise _refusal("something that is not read back as it is written", _position(tree))
    return written
