import unicodedata

import pytest

from pipeline.sample import lexicon, names

TITLES = "mr mrs ms miss mx master dr prof professor rev reverend sir madam engr engineer barr barrister arc"
MORE_TITLES = "hon elder evang chief alhaji alh alhaja hajia hajiya pastor pst imam sheikh mallam bishop deacon deaconess"
SUFFIXES = "jr sr ii iii iv phd md esq mba msc bsc"
PARTICLES = "van von der den de del della di da dos du la le bin bint binti ibn al el abu ter ten st"


def words(*texts: str) -> set[str]:
    return {word for text in texts for word in text.lower().replace(".", "").split()}


@pytest.mark.parametrize("culture", lexicon.CULTURES)
def test_a_culture_has_sixty_first_and_sixty_last_names(culture: str) -> None:
    first, last = lexicon.first_names().counts, lexicon.last_names().counts
    assert first[f"{culture}/FEMALE"] + first[f"{culture}/MALE"] >= 60
    assert last[culture] >= 60


@pytest.mark.parametrize("culture", lexicon.CULTURES)
def test_names_are_clean_and_each_stands_once(culture: str) -> None:
    for listed in lexicon.names(culture).values():
        each = [name.strip() for name in listed.split(",")]
        assert len(each) == len(set(each))
        assert all(name and unicodedata.is_normalized("NFC", name) and '"' not in name for name in each)


def test_every_culture_and_home_of_a_school_is_known() -> None:
    assert set(lexicon.of_country("cultures").words) == set(lexicon.CULTURES)
    assert {school["home"] for school in lexicon.trial_schools()} <= set(lexicon.countries())


def test_every_title_suffix_and_particle_of_the_mapping_is_typed() -> None:
    titles = words(*(title for lists in (names.TITLES, names.HONOURS) for listed in lists.values() for title in listed))
    assert words(TITLES, MORE_TITLES) <= titles
    assert words(SUFFIXES) <= words(*names.SUFFIXES)
    assert words(PARTICLES) <= words(*names.PARTICLES)


def test_every_null_word_of_the_mapping_is_typed() -> None:
    assert {word.lower() for word in lexicon.NOTHING} == {"n/a", "na", "nil", "none", "null", "-", "--", ".", "?"}


def test_every_name_has_a_slug_that_an_address_can_have() -> None:
    assert all(slug.isascii() and slug.isalnum() for slug in lexicon.slugs().values())
