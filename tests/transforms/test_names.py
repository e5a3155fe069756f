import random
import unicodedata
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.transforms.naive_names import DOTTED_SUFFIXES, PARTICLES, SUFFIXES, TITLES, Parts, naively_parsed
from tests.transforms.test_text import ASSIGNED
from transforms.names import parsed

FIELDS = ["title", "first_name", "middle_name", "last_name", "suffix", "nickname_dropped"]

NAMES = [
    *("Ada", "Obi", "Ngozi", "O'Neill", "o’neill", "Anne-Marie", "J.R.R.", "A.", "mcdonald", "MCA", "Mc", "Smith-McKay"),
    *("José", "Jose\u0301", "Ọlá", "m\u0300a", "straße", "ßa", "İbrahim", "ılgaz", "ﬁona", "ǆura", "ŉa", "ΟΔΥΣΣΕΥΣ", "ΑΣ.Σ"),
    *("محمد", "می\u200cخواه", "राम", "王", "ანა", "Mª", "1st", "x2y", "d'", "-", "--", ".", "'", "Ⓐb", "ⅷ", "Dr.Ada", "Mr&Mrs"),
]
WORDS = [
    *NAMES,
    *TITLES,
    *(f"{title}." for title in ("mr", "dr", "professor", "barrister", "mr.")),
    *SUFFIXES.values(),
    *(f"{suffix}." for suffix in (*SUFFIXES, *DOTTED_SUFFIXES)),
    *("V", "v.", "v", "P.hD", "Jr..", "&", "&", "and", "and."),
    *PARTICLES,
    *("St.", "s.t.", "D.E", ".la."),
]
SEPARATORS = [*[" "] * 16, ", ", ",", " , ", ",,", "  ", "\u00a0", "\t", "\u200b", "-", "'"]
MARKS = [*[""] * 16, "(", ")", '"', "“", "”"]
CASES: list[Callable[[str], str]] = [str, str, str, str.upper, str.lower, str.title]

full_names = st.none() | st.lists(
    st.sampled_from([case(word) + separator for word in WORDS for case in set(CASES) for separator in (" ", " ", ", ")])
    | st.sampled_from([*MARKS, *SEPARATORS]),
    max_size=7,
).map("".join)

CASED_SINCE_UNICODE_16 = "ƛɤꟓꟕ"
any_text = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters=CASED_SINCE_UNICODE_16), max_size=20)


def parse(names: list[str | None]) -> list[Parts]:
    typed = pl.DataFrame({"name": names}, schema={"name": pl.String})
    return [Parts(*row) for row in typed.select(parsed(pl.col("name")).struct.unnest()).iter_rows()]


@pytest.mark.parametrize(
    ("full_name", "first_name", "middle_name", "last_name"),
    [
        ("Ada", "Ada", None, None),
        ("Ada Obi", "Ada", None, "Obi"),
        ("Ada Ngozi Obi", "Ada", "Ngozi", "Obi"),
        ("Ada Ngozi Chi Obi", "Ada", "Ngozi Chi", "Obi"),
        ("Vincent van Gogh", "Vincent", None, "van Gogh"),
        ("Vincent Willem van der Gogh", "Vincent", "Willem", "van der Gogh"),
        ("Van der Berg", "Van", None, "der Berg"),
        ("van Gogh", "van", None, "Gogh"),
        ("Ada van", "Ada", None, "van"),
        ("Ada Van den", "Ada", None, "Van den"),
        ("Ana de Jesus la Cruz", "Ana", "de Jesus", "la Cruz"),
        ("Jill ST. John", "Jill", None, "ST. John"),
        ("Fatima Bint. Al Hassan", "Fatima", None, "Bint. Al Hassan"),
        ("محمد بن علي", "محمد", "بن", "علي"),
        ("n/a", "N/a", None, None),
        ("-", "-", None, None),
    ],
)
def test_tokens_become_first_middle_and_last_name(full_name: str, first_name: str, middle_name: str | None, last_name: str | None) -> None:
    assert parse([full_name]) == [Parts(None, first_name, middle_name, last_name)]


@pytest.mark.parametrize(
    ("full_name", "first_name", "last_name"),
    [
        ("Ada (Gogo) Obi", "Ada", "Obi"),
        ("Ada(Gogo)Obi", "Ada", "Obi"),
        ('"Gogo" Ada Obi', "Ada", "Obi"),
        ("Ada Obi “the Great, Jr”", "Ada", "Obi"),
        ("Ada ((Go) go) Obi ()", "Ada", "Obi"),
        ("Ada (“Gogo”) Obi", "Ada", "Obi"),
        ('Ada "Go (go" Obi', "Ada", "Obi"),
    ],
)
def test_nicknames_are_taken_out(full_name: str, first_name: str, last_name: str) -> None:
    assert parse([full_name]) == [Parts(None, first_name, None, last_name, nickname_dropped=True)]


@pytest.mark.parametrize("mark", ["(", ")", '"', "“", "”"])
def test_an_unpaired_mark_stays(mark: str) -> None:
    assert parse([f"Ada {mark}Gogo Obi", f"Ada Gogo{mark} Obi"]) == [
        Parts(None, "Ada", f"{mark}Gogo", "Obi"),
        Parts(None, "Ada", f"Gogo{mark}", "Obi"),
    ]


@pytest.mark.parametrize(("typed", "kept"), [*SUFFIXES.items(), *DOTTED_SUFFIXES.items()])
def test_suffixes_are_kept_in_their_form(typed: str, kept: str) -> None:
    spellings = [typed, typed.upper(), typed.title(), f"{typed}.", kept]
    assert set(parse([f"Ada Obi{comma}{spelling}" for comma in (" ", ", ", ",", " , ") for spelling in spellings])) == {
        Parts(None, "Ada", None, "Obi", kept)
    }


@pytest.mark.parametrize(
    ("full_name", "first_name", "middle_name", "last_name", "suffix"),
    [
        ("Ada Obi Jr. PhD", "Ada", None, "Obi", "Jr PhD"),
        ("Ada Obi, PhD, M.D.", "Ada", None, "Obi", "PhD MD"),
        ("Obi, Ada, Jr", "Ada", None, "Obi", "Jr"),
        ("Obi Jr, Ada, PhD", "Ada", None, "Obi", "Jr PhD"),
        ("Ada Obi Jr,", "Ada", None, "Obi", "Jr"),
        ("Ada Obi V", "Ada", None, "Obi", "V"),
        ("Ada Obi v. Jr", "Ada", None, "Obi", "V Jr"),
        ("Ada V", "Ada", None, "V", None),
        ("Ada V Jr", "Ada", None, "V", "Jr"),
        ("V V", "V", None, "V", None),
        ("V V V Jr", "V", None, "V", "V Jr"),
        ("Jr Obi", "Jr", None, "Obi", None),
        ("Ada J.r. Obi", "Ada", "J.r.", "Obi", None),
        ("Ada M.B.A", "Ada", None, None, "MBA"),
        ("Ada Obi M.BA", "Ada", "Obi", "M.BA", None),
        ("Ada Obi Jr..", "Ada", "Obi", "Jr..", None),
    ],
)
def test_trailing_suffixes_are_told_from_names(
    full_name: str, first_name: str, middle_name: str | None, last_name: str | None, suffix: str | None
) -> None:
    assert parse([full_name]) == [Parts(None, first_name, middle_name, last_name, suffix)]


@pytest.mark.parametrize(("full_name", "title"), [("Mr Ada V", "Mr"), ("Mr & Mrs Ada V", "Mr & Mrs"), ("Mr and Mrs. Ada V", "Mr & Mrs")])
def test_v_after_titles_and_one_token_is_a_name(full_name: str, title: str) -> None:
    assert parse([full_name]) == [Parts(title, "Ada", None, "V")]


@pytest.mark.parametrize(("typed", "kept"), TITLES.items())
def test_titles_are_kept_in_their_form(typed: str, kept: str) -> None:
    spellings = [typed, typed.upper(), typed.title(), f"{typed}."]
    assert set(parse([f"{spelling} Ada Obi" for spelling in spellings])) == {Parts(kept, "Ada", None, "Obi")}


@pytest.mark.parametrize(
    ("full_name", "title", "first_name", "middle_name", "last_name"),
    [
        ("Chief Dr. Mrs Ada Obi", "Chief Dr Mrs", "Ada", None, "Obi"),
        ("Mr. & Mrs. Obi", "Mr & Mrs", "Obi", None, None),
        ("Mr AND Mrs Obi", "Mr & Mrs", "Obi", None, None),
        ("Prof. and Engineer and Barrister Obi", "Prof & Engr & Barr", "Obi", None, None),
        ("Mr and Obi", "Mr", "and", None, "Obi"),
        ("Ada & Obi", None, "Ada", "&", "Obi"),
        ("Ada Chief Obi", None, "Ada", "Chief", "Obi"),
        ("Mister Obi", None, "Mister", None, "Obi"),
        ("Dr.. Ada", None, "Dr..", None, "Ada"),
    ],
)
def test_leading_titles_are_told_from_names(
    full_name: str, title: str | None, first_name: str, middle_name: str | None, last_name: str | None
) -> None:
    assert parse([full_name]) == [Parts(title, first_name, middle_name, last_name)]


@pytest.mark.parametrize(
    ("full_name", "title", "first_name", "suffix"),
    [
        ("MR", None, "Mr", None),
        ("professor", None, "Prof", None),
        ("Mr. Dr.", "Mr", "Dr", None),
        ("Mr and Mrs", "Mr", "Mrs", None),
        ("iii", None, "III", None),
        ("Md.", None, "MD", None),
        ("Jr, Sr", None, "Sr", "Jr"),
        ("Chief Jr", "Chief", "Jr", None),
        ("Mr,", None, "Mr", None),
        ("Dr, PhD", "Dr", "PhD", None),
        ("Mr (Gogo)", None, "Mr", None),
    ],
)
def test_the_last_of_nothing_but_titles_and_suffixes_is_the_first_name(
    full_name: str, title: str | None, first_name: str, suffix: str | None
) -> None:
    assert parse([full_name]) == [Parts(title, first_name, None, None, suffix, nickname_dropped="(" in full_name)]


@pytest.mark.parametrize(
    ("full_name", "expected"),
    [
        ("Obi, Ada", Parts(None, "Ada", None, "Obi")),
        ("Obi,Ada Ngozi Chi", Parts(None, "Ada", "Ngozi Chi", "Obi")),
        ("Garcia Marquez, Gabriel", Parts(None, "Gabriel", None, "Garcia Marquez")),
        ("Gogh, Vincent van", Parts(None, "Vincent", "van", "Gogh")),
        ("Obi, Dr. Ada", Parts("Dr", "Ada", None, "Obi")),
        ("Chief Obi Jr, Dr. Ada, PhD", Parts("Chief Dr", "Ada", None, "Obi", "Jr PhD")),
        ("Obi, Dr", Parts("Dr", "Obi")),
        ("Ada Obi, Dr", Parts("Dr", "Ada", None, "Obi")),
        ("Mr, Ada Obi", Parts("Mr", "Ada", None, "Obi")),
        (", Dr Ada Obi", Parts("Dr", "Ada", None, "Obi")),
        ("Ada Obi,", Parts(None, "Ada", None, "Obi")),
        ("Obi, Ada, Ngozi", Parts(None, "Obi", "Ada", "Ngozi")),
        ("Obi,, Ada", Parts(None, "Obi", None, "Ada")),
        ("Mr, Obi, Ada", Parts("Mr", "Obi", None, "Ada")),
    ],
)
def test_one_comma_tells_the_last_name(full_name: str, expected: Parts) -> None:
    assert parse([full_name]) == [expected]


@pytest.mark.parametrize(
    ("full_name", "first_name", "middle_name", "last_name"),
    [
        ("ADA OBI", "Ada", None, "Obi"),
        ("ada obi", "Ada", None, "Obi"),
        ("ANNE-MARIE O'NEILL", "Anne-Marie", None, "O'Neill"),
        ("J.R.R. D’ARCY", "J.R.R.", None, "D’Arcy"),
        ("VINCENT VAN DER BERG", "Vincent", None, "van der Berg"),
        ("JILL ST. JOHN", "Jill", None, "St. John"),
        ("RONALD MCDONALD", "Ronald", None, "McDonald"),
        ("ada smith-mckay", "Ada", None, "Smith-McKay"),
        ("MCADA MC", "Mcada", None, "Mc"),
        ("DE LA CRUZ GARCIA, MARIA DE LOS ANGELES", "Maria", "De Los Angeles", "de la Cruz Garcia"),
        ("DE, ANNA", "Anna", None, "De"),
        ("Ada OBI", "Ada", None, "OBI"),
        ("ada McDonald", "ada", None, "McDonald"),
        ("محمد ali", "محمد", None, "Ali"),
        ("(ADA 1ST", "(Ada", None, "1St"),
        ("ÉMILE ŁUKASZ", "Émile", None, "Łukasz"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς", None, None),
        ("İBRAHİM", "İbrahi\u0307m", None, None),
        ("M̀ARIE", "M̀arie", None, None),
        ("ﬁona", "Fiona", None, None),
    ],
)
def test_names_in_one_case_are_capitalised(full_name: str, first_name: str, middle_name: str | None, last_name: str | None) -> None:
    assert parse([full_name]) == [Parts(None, first_name, middle_name, last_name)]


def test_titles_and_suffixes_do_not_count_for_the_case_of_a_name() -> None:
    assert parse(["Dr. ADA OBI Jr", "MRS ada obi PHD"]) == [
        Parts("Dr", "Ada", None, "Obi", "Jr"),
        Parts("Mrs", "Ada", None, "Obi", "PhD"),
    ]


@pytest.mark.parametrize("full_name", [None, "", " \t\u200b", ",", " , ,"])
def test_no_name_gives_nothing(full_name: str | None) -> None:
    assert parse([full_name]) == [Parts()]


def test_a_nickname_alone_is_no_name_but_on_record() -> None:
    assert parse(["(Gogo)", '"Ada Obi"']) == [Parts(nickname_dropped=True)] * 2


@given(st.lists(full_names, max_size=8))
@settings(max_examples=100, deadline=None)
@example(["Mr & V", "Mr & Mrs V Jr", "Obi, Mr V", "V & V V", "Ada Obi, PhD,"])
@example(["ada mcﬁ", "ada (mcx", "ADA MCΣ", "ada ß-mcß"])
def test_names_agree_with_the_naive_rules(names: list[str | None]) -> None:
    assert parse(names) == [naively_parsed(name) for name in names]


def test_twenty_thousand_names_agree_with_the_naive_rules() -> None:
    dice = random.Random(3)
    names: list[str | None] = []
    for _ in range(20_000):
        words = [dice.choice(CASES)(dice.choice(WORDS)) for _ in range(dice.randrange(7))]
        name = "".join(dice.choice(MARKS) + word + dice.choice(MARKS) + dice.choice(SEPARATORS) for word in words)
        names.append(dice.choice(CASES)(name))
    assert parse(names) == [naively_parsed(name) for name in names]


@given(st.lists(any_text, max_size=10))
@settings(max_examples=50, deadline=None)
def test_any_text_agrees_with_the_naive_rules(names: list[str | None]) -> None:
    assert parse(names) == [naively_parsed(name) for name in names]


def test_every_letter_agrees_with_the_naive_rules() -> None:
    letters = [char for char in ASSIGNED if unicodedata.category(char)[0] in "LM" and char not in CASED_SINCE_UNICODE_16]
    names = [f"{char}a {char}{char}" for char in letters]
    assert parse([*names]) == [naively_parsed(name) for name in names]


@given(st.lists(full_names, max_size=8), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_chunks_and_engines_do_not_show(names: list[str | None], rows: int) -> None:
    whole = pl.DataFrame({"name": names}, schema={"name": pl.String})
    result = parsed(pl.col("name")).alias("parts")
    expected = whole.select(result)
    chunks = pl.concat([whole.slice(start, rows) for start in range(0, len(names), rows)] or [whole], rechunk=False)
    assert_frame_equal(chunks.select(result), expected)
    assert_frame_equal(chunks.lazy().select(result).collect(engine="streaming"), expected)


def test_empty_frames_have_the_fields_too() -> None:
    empty = pl.DataFrame({"name": []}, schema={"name": pl.String})
    assert empty.select(parsed(pl.col("name")).struct.unnest()).columns == FIELDS
    assert empty.lazy().select(parsed(pl.col("name")).struct.unnest()).collect_schema().names() == FIELDS
