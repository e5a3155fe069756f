"""What a user's SQL condition may hold, as sqlglot calls it: kinds of nodes, and the parts that each may have."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlglot import TokenType, exp

NUMBER: Final = re.compile(r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?")

Parts = Mapping[type[exp.Expr], str]
"""A kind of node → the parts of it that may be there."""

PREDICATES: Final[Parts] = {
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ), "this expression"),
    **dict.fromkeys((exp.Is, exp.Like, exp.ILike), "this expression negate"),
    exp.Escape: "this expression",
    exp.In: "this expressions",
    exp.Between: "this low high symmetric",
}
CHAINS: Final[Parts] = dict.fromkeys((exp.And, exp.Or), "this expression")
OPERATORS: Final[Parts] = {
    **PREDICATES,
    **CHAINS,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Mod), "this expression"),
    **dict.fromkeys((exp.Not, exp.Neg), "this"),
    exp.Div: "this expression typed safe",
    exp.DPipe: "this expression safe",
    exp.AtTimeZone: "this zone",
}
"""What stands between, before or behind its operands."""

CLOCK: Final = {exp.CurrentTimestamp: "timestamptz", exp.Localtimestamp: "timestamp", exp.CurrentDate: "date"}
"""What asks for the time (`now()` is the first) → the type of the answer."""

ALLOWED: Final[Parts] = {
    **OPERATORS,
    **dict.fromkeys(CLOCK, ""),
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Length, exp.Abs), "this"),
    **dict.fromkeys((exp.Left, exp.Right, exp.Nullif, exp.Extract, exp.StartsWith), "this expression"),
    exp.Trim: "this expression position",
    **dict.fromkeys((exp.TimestampTrunc, exp.Interval), "this unit"),
    exp.Coalesce: "this expressions",
    exp.Case: "this ifs default",
    exp.If: "this true",
    exp.Cast: "this to",
    exp.DataType: "this expressions",
    exp.DataTypeParam: "this",
    exp.Array: "expressions",
    **dict.fromkeys((exp.Any, exp.Paren, exp.Boolean, exp.Var, exp.Column), "this"),
    exp.Identifier: "this quoted",
    exp.Literal: "this is_string",
    exp.Null: "",
}
"""All that a condition may hold; each of it is free of effects, and quick."""

TYPES: Final = frozenset(
    {
        exp.DType.BOOLEAN, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT, exp.DType.DECIMAL, exp.DType.FLOAT, exp.DType.DOUBLE,
        exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.INTERVAL,
    }
)  # fmt: skip
UNITS: Final = frozenset(
    {
        "MICROSECONDS", "MILLISECONDS", "SECOND", "MINUTE", "HOUR", "DAY", "DOW", "ISODOW", "DOY", "WEEK", "MONTH", "QUARTER", "YEAR",
        "ISOYEAR", "DECADE", "CENTURY", "MILLENNIUM", "EPOCH", "SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS",
    }
)  # fmt: skip
"""Of time; `extract`, `date_trunc` and INTERVAL take them as words."""

WHOLE_INTERVAL: Final = re.compile(r"[0-9]+(?: +[A-Za-z]+)?")
"""What may stand in the quotes of an INTERVAL: of more, such as `1 hour ago`, the parser quietly keeps the first two words."""

SOUND: Final[Mapping[type[exp.Expr], tuple[Callable[[Any], bool], str]]] = {
    exp.In: (lambda node: bool(node.expressions), "IN without a list of values"),
    exp.Is: (lambda node: type(node.expression) in {exp.Null, exp.Boolean}, "IS with something else than NULL, TRUE, FALSE or UNKNOWN"),
    # Whether a backslash escapes is a setting of the server: there the text could end elsewhere than it does here.
    exp.Literal: (
        lambda node: "\\" not in node.this if node.is_string else bool(NUMBER.fullmatch(node.this)),
        "a text with a backslash, or an odd number,",
    ),
    exp.DataType: (lambda node: node.this in TYPES, "a cast to that type"),
    exp.Interval: (lambda node: node.this.is_string and type(node.args.get("unit")) is exp.Var, "an INTERVAL without a number and a unit"),
    exp.Var: (lambda node: node.name in UNITS, "that unit of time"),
}
"""What else must hold for a kind of node, and what people call one for which it does not."""

REFUSED_TOKENS: Final = {
    TokenType.SEMICOLON: "a semicolon",
    TokenType.PARAMETER: "a parameter",
    TokenType.PLACEHOLDER: "a parameter",
    TokenType.L_BRACE: "a brace",
    TokenType.HEREDOC_STRING: "a dollar-quoted text",
    TokenType.BYTE_STRING: "a text with escapes, E'…',",
    TokenType.UNICODE_STRING: "a text with escapes, U&'…',",
}
REFUSED_NODES: Final = (
    ((exp.Query, exp.Exists), "a sub-select"),
    (exp.Window, "a window function"),
    (exp.AggFunc, "an aggregate"),
    ((exp.RegexpLike, exp.RegexpILike, exp.SimilarTo), "a regular expression"),
    (exp.Placeholder, "a parameter"),
    (exp.DataType, "a cast to that type"),
)
"""What people call that which stands on no list; anything else has a name of its own."""
