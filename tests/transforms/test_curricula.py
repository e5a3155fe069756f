import polars as pl
import pytest

from transforms import curricula

KNOWN = pl.DataFrame(
    {
        "code": ["IB", "BRITISH", "NIGERIAN", "GHANAIAN", "CAMBRIDGE"],
        "name": ["International Baccalaureate", "British", "Nigerian", "Ghanaian", "Cambridge"],
    }
)


def matched(text: str | None, known: pl.DataFrame = KNOWN) -> str | None:
    schools = pl.DataFrame({"curriculum": [text]}, schema={"curriculum": pl.String})
    [code] = schools.select(curricula.matched(pl.col("curriculum"), curricula=known)).to_series()
    assert code is None or isinstance(code, str)
    return code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, None),
        (" ", None),
        ("n/a", None),
        ("Montessori", None),
        ("British", "BRITISH"),
        ("BRITISH curriculum", "BRITISH"),
        ("the british one.", "BRITISH"),
        ("Cambridge IGCSE", "CAMBRIDGE"),
        ("ib", "IB"),
        ("IB/Cambridge", "CAMBRIDGE"),
        ("international\u00a0 baccalaureate (IB), British", "IB"),
        # As whole words only.
        ("Ibadan", None),
        ("Britishness", None),
        ("Ébritish", None),
        ("British2", None),
        # The longest hit, then code order.
        ("British and Cambridge", "CAMBRIDGE"),
        ("Nigerian / British", "NIGERIAN"),
        ("Nigerian / Ghanaian", "GHANAIAN"),
    ],
)
def test_a_curriculum_is_found_by_code_or_name_in_the_text(text: str | None, code: str | None) -> None:
    assert matched(text) == code


def test_the_order_in_which_v2_lists_curricula_does_not_show() -> None:
    assert matched("Nigerian, Ghanaian", KNOWN.reverse()) == "GHANAIAN"


def test_signs_of_regular_expressions_in_a_name_stand_for_themselves() -> None:
    known = pl.DataFrame({"code": ["US"], "name": ["U.S. (K-12)"]})
    assert matched("our u.s. (k-12)!", known) == "US"
    assert matched("uxs k", known) is None


def test_without_any_known_curriculum_none_is_found() -> None:
    assert matched("British", KNOWN.clear()) is None
