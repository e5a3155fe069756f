"""Decides who keeps a contested value: e-mails, phones, admission numbers, subject codes (mapping, sections 4, 5, 7, 8).

```
V2 holds it for the row already ───▶ the row keeps it
nobody holds it, the first claimant ▶ keeps its wish
every later claimant ──────────────▶ its wish with the smallest counter K ≥ 2 that gives a value nobody owns
```

Owned is what V2 holds, what any row wishes for, and what has been given out already. There is no loop over claimants: counters
of one length are given out to all of them at once, in claim order, then those of the next length to whoever is left.

Nearly everyone gets the wish. So the result names the others alone, and who meets nobody is told by a hash of the wish: memory holds
a few bytes for each claimant, and text for those who contend.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

FIRST_COUNTER: Final = 2
MAX_COUNTER_DIGITS: Final = 9

SETTLED: Final = (pl.col("holds") == pl.col("wish")).fill_null(value=False)
"""Who holds the wish meets nobody else, and goes past all that follows: in a later run nearly everyone does."""


@dataclass(frozen=True, kw_only=True)
class Suffixing:
    """How a counter is put to a value: `<head><separator><counter><tail>`."""

    separator: str
    tail: str = "^"
    """Regex of the value's end that stays behind the counter; by default nothing does."""
    max_head: int | None = None
    """Characters that head, separator and counter may have together; what is too long is cut at the head's end."""
    max_value: int | None = None
    """Characters that the whole value may have."""

    def head_and_tail(self, value: pl.Expr, /, *, digits: int) -> tuple[pl.Expr, pl.Expr]:
        """The two parts of a value that a counter of so many digits goes between. String in, Strings out."""
        tail = value.str.extract(f"({self.tail})$").fill_null("") if self.tail != "^" else pl.lit("")
        head = value.str.head(value.str.len_chars().cast(pl.Int64) - tail.str.len_chars().cast(pl.Int64))
        if self.max_head is None:
            return head, tail
        room = pl.lit(self.max_head, dtype=pl.Int64)
        if self.max_value is not None:
            room = pl.min_horizontal(room, self.max_value - tail.str.len_chars().cast(pl.Int64))
        return head.str.head((room - len(self.separator) - digits).clip(0)), tail


PLUS_ADDRESS: Final = Suffixing(separator="+", tail="@[^@]*", max_head=64, max_value=254)
"""RFC 5233: `ada+2@example.org` reaches Ada's own mailbox; RFC 5321's lengths hold."""

EXTENSION: Final = Suffixing(separator=";ext=")
"""RFC 3966: `+2348031234567;ext=2` stays dialable."""

DASH: Final = Suffixing(separator="-")
"""Admission numbers and subject codes: `A-17-2`."""


def rivals(claims: pl.LazyFrame, /) -> pl.DataFrame:
    """The rows whose wish another row has, too, claimant or not: as they are given, in no order. Null wishes for nothing.

    `scope` and `wish` are compared by a hash of 64 bits: so among millions a row or two may be given whose wish nobody shares.
    """
    hashed = claims.drop_nulls("wish").with_columns(wish_hash=pl.struct("scope", "wish").hash())
    shared = _repeated(hashed.select("wish_hash").collect(engine="streaming").to_series())
    return hashed.join(shared.to_frame().lazy(), on="wish_hash", how="semi").drop("wish_hash").collect(engine="streaming")


def suffixed(claims: pl.LazyFrame, /, *, rivals: pl.DataFrame, held: pl.LazyFrame, suffixing: Suffixing) -> pl.DataFrame:
    """Grants every claimant a value of its own: the wish, or, to those whom this names, the wish with a counter.

    Args:
        claims: One row for each that wishes for a value, claimant or not: `turn` (Int64: the claim order, unique), `scope`
            (String; values contend within it only), `wish` (String; null wishes for nothing), `claims` (Boolean; a row that does
            not claim is granted nothing, but its wish is owned), `holds` (String; what V2 holds for this very row, null where it
            has none).
        rivals: What `rivals` gives of them.
        held: `scope`, `value`: all that V2 holds, for whomever.
        suffixing: How a later claimant's value is made.

    Returns:
        `turn`, `value` (String): a row for each claimant who is granted another value than the wish, in no order. All other claimants
        with a wish are granted that. The result does not depend on the order of the rows given.
    """
    claimants = claims.filter(pl.col("claims") & pl.col("wish").is_not_null())
    keepers = _keepers_of_a_counter(claimants.filter(~SETTLED & pl.col("holds").is_not_null()).collect(engine="streaming"), suffixing)
    later = _later_claimants(_seekers(rivals.lazy().filter("claims"), keepers))
    waiting = pl.concat([later, _barred(_seekers(claimants, keepers), held)]).unique("turn")
    if waiting.is_empty():
        return keepers
    wishes = claims.filter(pl.col("wish").is_not_null()).select("scope", "wish")
    owned = _owned_counters(pl.concat([held.select("scope", wish="value"), wishes]), suffixing)
    return pl.concat([keepers, *_counted(waiting, owned=owned, suffixing=suffixing)])


def _repeated(hashes: pl.Series) -> pl.Series:
    """The hashes that stand there more than once, each once, in order."""
    in_order = hashes.sort(multithreaded=False)  # neighbours are found at a quarter of the cost of grouping
    later = in_order.slice(1)  # which copies nothing: there are as many as people
    return later.filter(later == in_order.head(-1)).unique(maintain_order=True)


def _seekers(claimants: pl.LazyFrame, keepers: pl.DataFrame) -> pl.LazyFrame:
    """Those who hold nothing yet that their wish could have given them."""
    return claimants.filter(~SETTLED).select("turn", "scope", "wish").join(keepers.lazy(), on="turn", how="anti")


def _keepers_of_a_counter(claimants: pl.DataFrame, suffixing: Suffixing) -> pl.DataFrame:
    """Those for whom V2 holds their wish with some counter: it was granted for that wish, once, and stays theirs for ever."""
    parts = pl.col("holds").str.extract_groups(_suffixed_pattern(suffixing)).struct
    holders = claimants.select(
        "turn", "wish", "holds", counter=parts.field("counter"), head=parts.field("head"), tail=parts.field("tail").fill_null("")
    ).filter(pl.col("counter").is_not_null())
    keepers = [holders.clear()]
    for (digits,), holders_of_length in holders.group_by(pl.col("counter").str.len_chars()):
        head, tail = suffixing.head_and_tail(pl.col("wish"), digits=int(digits))
        keepers.append(holders_of_length.filter((pl.col("head") == head) & (pl.col("tail") == tail)))
    return pl.concat(keepers).select("turn", value="holds")


def _later_claimants(seekers: pl.LazyFrame) -> pl.DataFrame:
    """Those whose wish another has, whose turn is before theirs."""
    return seekers.filter(pl.col("turn") != pl.col("turn").min().over("scope", "wish")).collect(engine="in-memory")


def _barred(seekers: pl.LazyFrame, held: pl.LazyFrame) -> pl.DataFrame:
    """Those whose wish V2 holds, for whomever; before the first run it holds none, and nobody need be asked."""
    if held.head(1).collect(engine="streaming").is_empty():
        seekers = seekers.clear()
    return seekers.join(held.select("scope", wish="value"), on=["scope", "wish"], how="semi").collect(engine="streaming")


def _counted(seekers: pl.DataFrame, *, owned: pl.DataFrame, suffixing: Suffixing) -> list[pl.DataFrame]:
    """Gives each seeker the smallest free counter. One round for each length of counter, not for each seeker."""
    rounds = []
    waiting = seekers
    for digits in range(1, MAX_COUNTER_DIGITS + 1):
        if waiting.is_empty():
            break
        head, tail = suffixing.head_and_tail(pl.col("wish"), digits=digits)
        family = ["scope", "head", "tail"]
        queue = (
            waiting.with_columns(head=head, tail=tail).sort("turn").with_columns(place=pl.int_range(pl.len(), dtype=pl.Int64).over(family))
        )
        free = _free_counters(queue, owned.filter(pl.col("digits") == digits), digits=digits, family=family)
        given = queue.join(free, on=[*family, "place"], how="left")
        rounds.append(
            given.filter(pl.col("counter").is_not_null()).select(
                "turn",
                value=pl.concat_str("head", pl.lit(suffixing.separator), "counter", "tail"),
            )
        )
        waiting = given.filter(pl.col("counter").is_null()).select("turn", "scope", "wish")
    return rounds


def _free_counters(queue: pl.DataFrame, owned: pl.DataFrame, *, digits: int, family: list[str]) -> pl.DataFrame:
    """For each family its free counters of this length, smallest first, numbered by `place` from 0; enough for its queue."""
    first = max(FIRST_COUNTER, 10 ** (digits - 1))
    beyond = 10**digits
    needed = (
        queue.group_by(family)
        .agg(waiting=pl.len().cast(pl.Int64))
        .join(owned.group_by(family).agg(owned=pl.len().cast(pl.Int64)), on=family, how="left")
        .with_columns(end=pl.min_horizontal(first + pl.col("waiting") + pl.col("owned").fill_null(0), pl.lit(beyond)))
    )
    return (
        needed.select(*family, counter=pl.int_ranges(pl.lit(first, dtype=pl.Int64), "end"))
        .explode("counter")
        .join(owned, on=[*family, "counter"], how="anti")
        .sort(*family, "counter")
        .with_columns(place=pl.int_range(pl.len(), dtype=pl.Int64).over(family))
    )


def _owned_counters(owned: pl.LazyFrame, suffixing: Suffixing) -> pl.DataFrame:
    """The owned values that a counter could give: `scope`, `head`, `tail`, `counter` (Int64) and its `digits`, each once."""
    parts = pl.col("wish").str.extract_groups(_suffixed_pattern(suffixing)).struct
    return (
        owned.filter(pl.col("wish").str.contains(_suffixed_pattern(suffixing)))
        .select("scope", head=parts.field("head"), counter=parts.field("counter"), tail=parts.field("tail"))
        .with_columns(
            pl.col("tail").fill_null(""),
            pl.col("counter").cast(pl.Int64),
            digits=pl.col("counter").str.len_chars().cast(pl.Int64),
        )
        .unique()
        .collect(engine="streaming")
    )


def _suffixed_pattern(suffixing: Suffixing) -> str:
    separator = suffixing.separator.replace("+", r"\+")
    counter = rf"[1-9]\d{{0,{MAX_COUNTER_DIGITS - 1}}}"
    tail = "" if suffixing.tail == "^" else suffixing.tail
    return rf"^(?s)(?<head>.*){separator}(?<counter>{counter})(?<tail>{tail})$"
