"""Sections 4, 5, 7 and 8: who keeps what several want."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

Claimant = TypeVar("Claimant", bound=Hashable)


def settled(
    claims: Mapping[Claimant, str],
    *,
    held: Iterable[str],
    wished: Iterable[str],
    suffixed: Callable[[str, int], str],
) -> dict[Claimant, str]:
    """What each claimant gets of what it wants; the order of `claims` is the claim order.

    "Rows already in V2 keep theirs (...). Then claim order (...). The first claimant keeps the address; each later one
    gets `local+K@domain`, K the smallest number ≥ 2 that gives an address nobody owns (...). Owned: held by a V2 row
    (...), **wished for by any V1 row** of any entity (...), or given out already."
    """
    taken = set(held)
    owned = taken | set(wished) | set(claims.values())
    given: dict[Claimant, str] = {}
    for claimant, wish in claims.items():
        value = wish if wish not in taken else _first_unowned(wish, owned, suffixed)
        taken.add(value)
        owned.add(value)
        given[claimant] = value
    return given


def _first_unowned(wish: str, owned: set[str], suffixed: Callable[[str, int], str]) -> str:
    number = 2
    while suffixed(wish, number) in owned:
        number += 1
    return suffixed(wish, number)
