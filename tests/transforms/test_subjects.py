import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms import subjects

CATALOGUE = pl.DataFrame(
    {
        "id": ["id-english", "id-ict", "id-maths", "id-french"],
        "code": ["ENGLISH_LANGUAGE", "ICT", "MATHEMATICS", "FR"],
        # One subject's name is another's code.
        "name": ["English Language", "Computer Studies", "Mathematics", "ICT"],
    }
)


def catalogue_match(name: str | None, code: str | None = None, catalogue: pl.DataFrame = CATALOGUE) -> str | None:
    taught = pl.DataFrame({"name": [name], "code": [code]}, schema={"name": pl.String, "code": pl.String})
    [found] = taught.select(subjects.catalogue_match(pl.col("name"), pl.col("code"), catalogue=catalogue)).to_series()
    assert found is None or isinstance(found, str)
    return found


def folded(text: str | None) -> str | None:
    [result] = pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(subjects.folded(pl.col("text"))).to_series()
    assert result is None or isinstance(result, str)
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("-- !", None),
        ("English-Language", "englishlanguage"),
        ("  ENGLISH_language 2\u200b", "englishlanguage2"),
        ("Éducation Civique", "éducationcivique"),
        ("E\u0301ducation", "éducation"),
        ("اللغة العربية ١", "اللغةالعربية١"),
    ],
)
def test_folded_text_is_lower_case_letters_and_digits(text: str | None, expected: str | None) -> None:
    assert folded(text) == expected


@given(st.text(max_size=12))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("Mathematics", None, "id-maths"),
        ("MATHE-matics", "X1", "id-maths"),
        ("English_Language", None, "id-english"),
        ("Maths", "mathematics", "id-maths"),
        ("Maths", "English Language", "id-english"),
        ("Mathematics", "ICT", "id-maths"),  # the name goes first
        ("I.C.T.", None, "id-ict"),  # a code goes before a name
        ("Maths", "MTH", None),
        ("Maths", None, None),
        (None, "FR", "id-french"),
        (None, None, None),
        ("--", "n/a", None),
    ],
)
def test_a_v1_subject_is_the_catalogue_subject_of_its_name_or_code(name: str | None, code: str | None, expected: str | None) -> None:
    assert catalogue_match(name, code) == expected
    assert catalogue_match(name, code, CATALOGUE.reverse()) == expected


def test_a_catalogue_name_without_letters_is_nothings_equal() -> None:
    nameless = pl.DataFrame({"id": ["x"], "code": ["--"], "name": ["!"]})
    assert catalogue_match("?!", "--", nameless) is None


def test_without_a_catalogue_nothing_matches() -> None:
    assert catalogue_match("Mathematics", "ICT", CATALOGUE.clear()) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, None), ("N/A", None), ("science", "id-s"), (" Sciences ", "id-s"), ("Na", None), ("Arts", None)],
)
def test_a_category_is_found_by_code_or_name(text: str | None, expected: str | None) -> None:
    categories = pl.DataFrame({"id": ["id-s", "id-na"], "code": ["SCIENCE", "NA"], "name": ["Sciences", "N/A"]})
    taught = pl.DataFrame({"category": [text]}, schema={"category": pl.String})
    assert taught.select(subjects.category_match(pl.col("category"), categories=categories)).item() == expected
