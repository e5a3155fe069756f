"""Hypothesis strategies that make what V1 databases hold, flaws first, out of the mapping's own vocabulary."""

from datetime import datetime

from hypothesis import strategies as st

from tests.oracle.class_levels import LEVEL_OF_PREFIX
from tests.oracle.countries import OTHER_NAMES
from tests.oracle.names import DOTTED_SUFFIXES, PARTICLES, SUFFIXES, TITLES
from tests.oracle.text import NULL_WORDS
from tests.oracle.vocabulary import words

DIRT = list("\t\n\x0b\x0c\r\u0085\u2028\u2029\u00a0\u2003\u202f\u3000\x01\x1f\x7f\u00ad\u061c\u180e\u200b\u200c\u200d\u200e")
DIRT += [*"\u202e\u2060\u2066\ufeff\ufffb", "  "]

# PostgreSQL's text holds neither NUL nor half a surrogate pair.
ANY_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")

GIVEN_NAMES = words("Ada Chidi Ngozi Wanjikũ José Zoë Łukasz İpek Ὀδυσσεύς محمد 李 ada MARY-JANE o'neil D’Arcy J. st. & V")
FAMILY_NAMES = words("Obi Bello Okafor Mwangi O'Brien MCDONALD mckay Müller Straße Smith-Jones d'Souza ΑΝΔΡΕΑΣ رضا Mc V")
NICKNAMES = ["(Bibi)", '"Ace"', "“Tall”", "(", '"', "”", "((a) b)", "()", "(x, y)"]

MAIL_LOCAL_PARTS = words("ada ada.obi ADA o'brien a/b ada+2 ada+school .ada ada. a..b ünlü info " + "x" * 64 + " " + "y" * 65)
MAIL_DOMAINS = [
    *words("x.org X.ORG mail.example münchen.de straße.de пример.рф школа.edu x x.o x.c0m -x.org x-.org x_y.org"),
    *words("xn--p1ai.xn--p1ai a.xn--p1ai 1.2.3.4 x..org"),
    *("x." * 94 + "org", "z" * 63 + ".org", "z" * 64 + ".org"),
]

PHONES = words(
    "08031234567 +2348031234567 2348031234567 002348031234567 '08031234567 08031234567.0 0803-123-4567 (0803)1234567"
    " 8031234567 0712345678 +254712345678 07911123456 +447911123456 (212)555-0123 +12125550123 +14155552671"
    " tel:+2348031234567 +2348031234567;ext=2 0241234567 +233241234567 +390236618300 0803 123 abc 08031234567x9"
)

PLACES = words("Ikeja Lagos Minna Abuja Nairobi London Atlanta GA ON NY FC LA Niger Georgia Luxembourg Box St. Étang")
POSTAL_CODES = [
    "100281",
    "1234",
    "1234567",
    "12345678",
    "123",
    "10001-1234",
    "SW1A 1AA",
    "sw1a1aa",
    "K1A 0B1",
    "M5V3L9",
    "D1D 1D1",
]
COUNTRY_TEXTS = [
    *OTHER_NAMES,
    *words("NG NGA ng Nga NE NER NA na KE GB GBR US USA GA CA IN TR Nigeria NIGERIA Niger Kenya Namibia Türkiye turkiye"),
    *[
        "The Gambia",
        "the bahamas",
        "U.K.",
        "u.s.a.",
        "Côte d'Ivoire",
        "cote d'ivoire",
        "Korea, Republic of",
        "Tanzania",
    ],
    *[
        "Federal Republic of Nigeria",
        "Wakanda",
        "N/A",
        "-",
        "United Kingdom",
        "Viet Nam",
        "vietnam",
        "Congo",
        "D.R. Congo",
    ],
]

SECTIONS = ["", "A", " A", " Blue", " (B)", " - Gold", "-A", ".2", " [C]!", " (B) East", " +", "é", "_x"]
NUMBERS = words("1 2 3 4 01 007 10 12 13 0 99 I ii III iv VI IX x XIII XIV One two TWELVE Thirteen")

YEAR_TEXTS = [
    "2024/25",
    "2024-2025",
    "2024–25",
    "2024",
    "2024/2026",
    "1999/00",
    "2024 / 2025",
    "2024—25",
    "24/25",
    "Term 1",
]

CURRICULUM_TEXTS = [
    *words("British CAMBRIDGE ib IBO Nigerian nigeria American Kenyan Ghanaian Montessori British-American"),
    *["Cambridge IGCSE", "British / Cambridge", "International Baccalaureate", "Pre-IB, Kenyan"],
]

SUBJECT_TEXTS = [
    *words("Mathematics MATHEMATICS maths Physics PHYSICS Yoruba Français Ελληνικά 日本語 MTH PHY CRS"),
    *["English Language", "english-language", "FURTHER MATHEMATICS", "Computer_Science", "Home Economics", "!!!"],
]
CATEGORY_TEXTS = words("Science SCIENCE sciences General languages Arts Sports")

BCRYPT_TAIL = "$10$" + "./ABCdefGHIjklMNOpqrSTUvwxYZ0123456789abcdefghijklmno"[:53]
PASSWORDS = [
    *(f"{prefix}{BCRYPT_TAIL}" for prefix in ("$2a", "$2b", "$2y", "$2x", "$1")),
    f"$2b{BCRYPT_TAIL}x",
    f"$2b{BCRYPT_TAIL}"[:59],
    f" $2b{BCRYPT_TAIL}",
    "$2b$99" + BCRYPT_TAIL[3:],
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "hunter2",
    "",
]

SETTINGS_TEXTS = ["{}", '{"theme": "dark", "terms": 3}', "[]", '"text"', "17", "null", "true", '{"big": 1e400}']


def dirt() -> st.SearchStrategy[str]:
    """White space of every kind, control characters and invisible ones."""
    return st.lists(st.sampled_from(DIRT), min_size=1, max_size=3).map("".join)


def texts() -> st.SearchStrategy[str]:
    """Any text that PostgreSQL holds, with more dirt in it than chance would give."""
    return st.lists(st.one_of(st.text(ANY_CHARACTERS, max_size=4), dirt()), max_size=5).map("".join)


def null_words() -> st.SearchStrategy[str]:
    """What people type for nothing."""
    return cased(st.sampled_from([*sorted(NULL_WORDS), "", " ", "\t", "nothing", "n / a"]))


@st.composite
def soiled(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    """A value, often with dirt in it somewhere."""
    value = draw(values)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(value)))
        value = value[:at] + draw(dirt()) + value[at:]
    return value


def cased(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A value as typed, or in capitals, small letters or with every word capitalised."""
    return st.one_of(values, values, values.map(str.upper), values.map(str.lower), values.map(str.title))


def optional(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    """A value of an optional column: soiled, missing, a null word or no sense at all."""
    return st.one_of(soiled(values), soiled(values), soiled(values), st.none(), soiled(null_words()), texts())


@st.composite
def names(draw: st.DrawFn) -> str:
    """Full names: titles, suffixes, particles, nicknames, commas, letters of one case."""
    titles = st.sampled_from([*sorted(TITLES), "and", "&"])
    suffixes = st.sampled_from([*SUFFIXES, *DOTTED_SUFFIXES, *SUFFIXES.values(), "Ph.D", "P.h.D."])
    name = st.sampled_from(GIVEN_NAMES + FAMILY_NAMES)
    particles = st.sampled_from([*sorted(PARTICLES), "St.", "d.e."])
    tokens = [
        *draw(st.lists(_dotted(titles), max_size=3)),
        *draw(st.lists(st.one_of(name, name, particles, st.sampled_from(NICKNAMES), st.just(",")), max_size=6)),
        *draw(st.lists(st.one_of(name, st.just(",")), max_size=2)),
        *draw(st.lists(st.one_of(_dotted(suffixes), _dotted(suffixes), st.just(","), _dotted(titles)), max_size=3)),
    ]
    text = draw(cased(st.just(" ".join(tokens))))
    return text.replace(" ,", draw(st.sampled_from([" ,", ","])))


@st.composite
def emails(draw: st.DrawFn) -> str:
    """Addresses valid and not, one or several, named, with `mailto:`."""
    address = st.builds("{}@{}".format, st.sampled_from(MAIL_LOCAL_PARTS), st.sampled_from(MAIL_DOMAINS))
    plain = st.builds("{}@{}".format, st.sampled_from(words("ada obi ada.obi")), st.sampled_from(words("x.org y.example")))
    written = st.one_of(
        plain,
        plain,
        address,
        st.builds("mailto:{}".format, plain),
        st.builds("{} <{}>".format, st.sampled_from(["Ada", "Obi, Ada", '"A"', ""]), address),
        st.builds("{}{}".format, plain, st.sampled_from([".", ";", ",", ":", " .;"])),
        null_words(),
        st.sampled_from(words("ada @ a@b@c.org <> ada@")),
    )
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    parts = [draw(written) for _ in range(count)]
    separator = draw(st.sampled_from([",", ";", " ", "/", ", ", " / ", " ; "]))
    return draw(cased(st.just(separator.join(parts))))


@st.composite
def phones(draw: st.DrawFn) -> str:
    """Numbers of several countries in many writings, one or several, with extensions, and digit strings."""
    number = st.one_of(
        st.sampled_from(PHONES),
        st.sampled_from(PHONES),
        st.from_regex(r"\+?[0-9]{3,14}", fullmatch=True).filter(str.isascii),
        null_words(),
    )
    written = st.builds("{}{}".format, number, st.sampled_from(["", "", "", " ext 5", " x12", ";ext=3", ";EXT=4", ".0", ";isub=1"]))
    parts = [draw(written) for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3])))]
    return draw(st.sampled_from(["/", ",", ";", " or ", " OR ", " / ", " and "])).join(parts)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Address lines with places, postal codes and countries at the places where they are looked for, and elsewhere."""
    street = st.sampled_from(["12 Allen Avenue", "Flat 3", "P.O. Box 1234", "Plot 5 Block B", "1 High St."])
    code = st.sampled_from(POSTAL_CODES)
    place = st.sampled_from(PLACES)
    country = st.sampled_from(COUNTRY_TEXTS)
    part = st.one_of(street, place, place, country, code, st.builds("{} {}".format, st.one_of(place, country), code), null_words())
    parts = draw(st.lists(part, max_size=5)) + draw(st.lists(st.one_of(country, code), max_size=2))
    return "".join(f"{part}{draw(st.sampled_from([', ', ',', chr(10), ' ,', chr(13) + chr(10)]))}" for part in parts)


def countries() -> st.SearchStrategy[str]:
    """What a school types for its country."""
    return cased(st.sampled_from(COUNTRY_TEXTS))


def curriculum_texts() -> st.SearchStrategy[str]:
    """What a school types for its curriculum."""
    return cased(st.sampled_from(CURRICULUM_TEXTS))


def class_names() -> st.SearchStrategy[str]:
    """Class names with every prefix of the table, every form of number, and sections."""
    prefix = st.sampled_from([*LEVEL_OF_PREFIX, "Class", "Room"])
    blank = st.sampled_from(["", " ", " ", "-", ".", " - ", "/"])
    number = st.one_of(st.sampled_from(NUMBERS), st.just(""))
    return cased(st.builds("{}{}{}{}".format, prefix, blank, number, st.sampled_from(SECTIONS)))


def academic_years() -> st.SearchStrategy[str]:
    """Academic years in the forms of section 8, and others."""
    separators = st.sampled_from(words("/ - – — ."))
    made = st.builds("{:04}{}{:02}".format, st.integers(1990, 2030), separators, st.integers(0, 99))
    return st.one_of(st.sampled_from(YEAR_TEXTS), made)


def subject_names() -> st.SearchStrategy[str]:
    """Names and codes of subjects, of the catalogue and not."""
    return cased(st.sampled_from(SUBJECT_TEXTS))


def passwords() -> st.SearchStrategy[str | None]:
    """bcrypt hashes of every prefix, whole and broken, and what else V1 holds."""
    return st.sampled_from([*PASSWORDS, None])


def timestamps() -> st.SearchStrategy[datetime]:
    """Times to the millisecond, a few of them implausible, many at a turn of year."""
    turns = [
        datetime(1899, 12, 31, 23, 59, 59, 999000),  # noqa: DTZ001 -- V1's times are naive UTC
        datetime(1900, 1, 1),  # noqa: DTZ001
        datetime(2200, 1, 1),  # noqa: DTZ001
        datetime(2023, 8, 31, 23, 59, 59),  # noqa: DTZ001
        datetime(2023, 9, 1),  # noqa: DTZ001
        datetime(2024, 12, 31, 23, 0),  # noqa: DTZ001
        datetime(2262, 4, 12),  # noqa: DTZ001
        datetime(1, 1, 1),  # noqa: DTZ001
        datetime(9999, 12, 31),  # noqa: DTZ001
    ]
    usual = st.datetimes(datetime(2015, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001
    return st.one_of(usual.map(_to_milliseconds), usual.map(_to_milliseconds), st.sampled_from(turns))


def _dotted(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return cased(st.one_of(values, values, values.map("{}.".format)))


def _to_milliseconds(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
