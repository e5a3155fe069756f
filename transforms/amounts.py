"""Keeps amounts that can be true (mapping, section 2)."""

import polars as pl


def plausible_capacity(capacity: pl.Expr, /) -> pl.Expr:
    """The number of places in a class, if it is not negative.

    Null stays null and is not implausible; a negative one becomes null. Int32 in; struct of `value` (Int32) and
    `capacity_implausible` (Boolean, never null) out.

    >>> pl.select(plausible_capacity(pl.lit(-1, dtype=pl.Int32))).item()
    {'value': None, 'capacity_implausible': True}
    """
    is_plausible = capacity >= 0
    return pl.struct(
        value=pl.when(is_plausible).then(capacity),
        capacity_implausible=~is_plausible.fill_null(value=True),
    )


def plausible_salary(salary: pl.Expr, /) -> pl.Expr:
    """A salary, if it is not negative and a number.

    Null stays null and is not implausible; `NaN`, a negative number and what `numeric(12,2)` cannot hold become null.
    String in, as PostgreSQL writes a numeric (`1234.50`, `NaN`); struct of `value` (Decimal(12, 2)) and
    `salary_implausible` (Boolean, never null) out.

    >>> pl.select(plausible_salary(pl.lit("1234.50"))).item()
    {'value': Decimal('1234.50'), 'salary_implausible': False}
    """
    amount = salary.cast(pl.Decimal(12, 2), strict=False)
    value = pl.when(amount >= 0).then(amount)
    return pl.struct(value=value, salary_implausible=salary.is_not_null() & value.is_null())
