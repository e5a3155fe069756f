"""Who keeps a contested value, held against one claimant after another asking for the smallest free counter."""

import itertools
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.claims import DASH, EXTENSION, PLUS_ADDRESS, Suffixing, rivals, suffixed

SCHEMA = {"turn": pl.Int64, "scope": pl.String, "wish": pl.String, "claims": pl.Boolean, "holds": pl.String}

Claim = tuple[int, str, str | None, bool, str | None]


def plus_address(wish: str, counter: int) -> str:
    local, _, domain = wish.partition("@")
    suffix = f"+{counter}"
    room = min(64, 254 - len(domain) - 1) - len(suffix)
    return f"{local[:room]}{suffix}@{domain}"


def with_extension(wish: str, counter: int) -> str:
    return f"{wish};ext={counter}"


def with_dash(wish: str, counter: int) -> str:
    return f"{wish}-{counter}"


def one_by_one(claims: list[Claim], held: set[tuple[str, str]], with_counter: Callable[[str, int], str]) -> dict[int, tuple[str, bool]]:
    """The rule as the mapping tells it, one claimant after another."""
    owned = held | {(scope, wish) for _, scope, wish, _, _ in claims if wish is not None}
    first_taken = set(held)
    given_to: dict[int, tuple[str, bool]] = {}
    claimants = sorted(claim for claim in claims if claim[3] and claim[2] is not None)
    seekers = []
    for turn, scope, wish, _, holds in claimants:
        assert wish is not None
        own = {wish, *(with_counter(wish, counter) for counter in range(1, 300))}
        if holds is not None and holds in own:
            given_to[turn] = (holds, holds != wish)
        else:
            seekers.append((turn, scope, wish))
    for turn, scope, wish in seekers:
        if (scope, wish) not in first_taken:
            first_taken.add((scope, wish))
            given_to[turn] = (wish, False)
            continue
        value = next(value for counter in itertools.count(2) if (scope, value := with_counter(wish, counter)) not in owned)
        owned.add((scope, value))
        given_to[turn] = (value, True)
    return given_to


def by_claims(claims: list[Claim], held: set[tuple[str, str]], suffixing: Suffixing) -> dict[int, tuple[str, bool]]:
    rows = pl.LazyFrame(claims, schema=SCHEMA, orient="row")
    result = suffixed(
        rows,
        rivals=rivals(rows),
        held=pl.LazyFrame(sorted(held), schema={"scope": pl.String, "value": pl.String}, orient="row"),
        suffixing=suffixing,
    )
    values = dict(result.select("turn", "value").iter_rows())
    assert len(values) == result.height
    given_to = {turn: wish for turn, _, wish, is_claimant, _ in claims if is_claimant and wish is not None}
    assert values.keys() <= given_to.keys()
    return {turn: (values.get(turn, wish), turn in values) for turn, wish in given_to.items()}


LONG = "a" * 61
EMAILS = st.sampled_from(
    [
        *("ada@x.org", "ada+2@x.org", "ada+3@x.org", "ada+2+2@x.org", "ada+02@x.org", "obi@x.org", "ada@y.org", "ada+9@x.org"),
        *(f"{LONG}{end}@x.org" for end in ("", "b", "bc", "bcd", "cbd", "b+2", "+2", "+10")),
        *(f"{'l' * 20}{end}@{'.'.join(['d' * 55] * 4)}.example" for end in ("", "m", "mn")),
    ]
)
PHONES = st.sampled_from(["+2348031234567", "+2348031234568", "+442071838750"])
NUMBERS = st.sampled_from(["A", "A-2", "A-3", "A-2-2", "B", "ADM-7"])


@st.composite
def contests(draw: st.DrawFn, values: st.SearchStrategy[str], with_counter: Callable[[str, int], str]) -> Any:
    scopes = st.sampled_from(["s", "t"])
    any_value = values | st.builds(with_counter, values, st.integers(1, 12))
    claims = [
        (turn, draw(scopes), draw(values | st.none()), draw(st.booleans() | st.just(value=True)), draw(st.none() | any_value))
        for turn in range(draw(st.integers(0, 25)))
    ]
    held = draw(st.sets(st.tuples(scopes, any_value), max_size=6))
    held |= {(scope, holds) for _, scope, _, _, holds in claims if holds is not None}
    # V2's values are unique: what a row holds, no other row holds.
    seen: set[tuple[str, str]] = set()
    unique = []
    for turn, scope, wish, is_claimant, holds in claims:
        is_free = holds is not None and (scope, holds) not in seen
        unique.append((turn, scope, wish, is_claimant, holds if is_free else None))
        if holds is not None:
            seen.add((scope, holds))
    return unique, held


@pytest.mark.parametrize(
    ("suffixing", "values", "with_counter"),
    [(PLUS_ADDRESS, EMAILS, plus_address), (EXTENSION, PHONES, with_extension), (DASH, NUMBERS, with_dash)],
    ids=["e-mails", "phones", "numbers"],
)
@given(data=st.data())
def test_grants_are_those_of_one_claimant_after_another(
    data: st.DataObject, suffixing: Suffixing, values: st.SearchStrategy[str], with_counter: Callable[[str, int], str]
) -> None:
    claims, held = data.draw(contests(values, with_counter))
    assert by_claims(claims, held, suffixing) == one_by_one(claims, held, with_counter)


@given(contest=contests(EMAILS, plus_address), data=st.data())
def test_row_order_does_not_show(contest: tuple[list[Claim], set[tuple[str, str]]], data: st.DataObject) -> None:
    claims, held = contest
    assert by_claims(data.draw(st.permutations(claims)), held, PLUS_ADDRESS) == by_claims(claims, held, PLUS_ADDRESS)


@given(contest=contests(EMAILS, plus_address))
def test_nobody_is_given_what_another_has(contest: tuple[list[Claim], set[tuple[str, str]]]) -> None:
    claims, held = contest
    result = by_claims(claims, held, PLUS_ADDRESS)
    values = [(scope, result[turn][0]) for turn, scope, _, _, _ in claims if turn in result]
    assert len(values) == len(set(values))
    own = {turn: holds for turn, _, _, _, holds in claims}
    assert all((scope, result[turn][0]) not in held or result[turn][0] == own[turn] for turn, scope, *_ in claims if turn in result)


@given(contest=contests(EMAILS, plus_address))
def test_grants_that_v2_holds_are_granted_again(contest: tuple[list[Claim], set[tuple[str, str]]]) -> None:
    claims, held = contest
    first = by_claims(claims, held, PLUS_ADDRESS)
    settled = [(turn, scope, wish, claiming, first[turn][0] if turn in first else None) for turn, scope, wish, claiming, _ in claims]
    now_held = held | {(scope, holds) for _, scope, _, _, holds in settled if holds is not None}
    assert by_claims(settled, now_held, PLUS_ADDRESS) == first


def test_a_thousand_claimants_of_one_address_count_on_without_a_gap() -> None:
    claims: list[Claim] = [(turn, "", "office@x.org", True, None) for turn in range(1000)]
    values = {value for value, _ in by_claims(claims, set(), PLUS_ADDRESS).values()}
    assert values == {"office@x.org", *(f"office+{counter}@x.org" for counter in range(2, 1001))}


def test_who_does_not_claim_is_granted_nothing_but_their_wish_is_owned() -> None:
    claims: list[Claim] = [(1, "", "ada@x.org", True, None), (2, "", "ada@x.org", True, None), (3, "", "ada+2@x.org", False, None)]
    assert by_claims(claims, set(), PLUS_ADDRESS) == {1: ("ada@x.org", False), 2: ("ada+3@x.org", True)}
