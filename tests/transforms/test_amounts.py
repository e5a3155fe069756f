from decimal import Decimal

import polars as pl
import pytest

from transforms import amounts


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [(None, (None, False)), (30, (30, False)), (0, (0, False)), (-1, (None, True)), (-(2**31), (None, True))],
)
def test_a_capacity_is_kept_unless_negative(capacity: int | None, expected: tuple[int | None, bool]) -> None:
    classes = pl.DataFrame({"capacity": [capacity]}, schema={"capacity": pl.Int32})
    judged = classes.select(judged=amounts.plausible_capacity(pl.col("capacity"))).unnest("judged")
    assert judged.row(0) == expected
    assert judged.schema == {"value": pl.Int32, "capacity_implausible": pl.Boolean}


@pytest.mark.parametrize(
    ("salary", "expected"),
    [
        (None, (None, False)),
        ("1234.50", (Decimal("1234.50"), False)),
        ("0.00", (Decimal(0), False)),
        ("9999999999.99", (Decimal("9999999999.99"), False)),
        ("0.07", (Decimal("0.07"), False)),
        ("-0.01", (None, True)),
        ("NaN", (None, True)),
        ("Infinity", (None, True)),
        ("10000000000.00", (None, True)),
    ],
)
def test_a_salary_is_kept_to_the_cent_unless_negative_or_no_number(salary: str | None, expected: tuple[Decimal | None, bool]) -> None:
    teachers = pl.DataFrame({"salary": [salary]}, schema={"salary": pl.String})
    judged = teachers.select(judged=amounts.plausible_salary(pl.col("salary"))).unnest("judged")
    assert judged.row(0) == expected
    assert judged.schema == {"value": pl.Decimal(12, 2), "salary_implausible": pl.Boolean}
