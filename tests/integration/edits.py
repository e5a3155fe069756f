"""What happens between two runs and what each is to move, at random: edits and parts that Hypothesis can shrink."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hypothesis import strategies as st

from tests.integration import v1_edits, v2_edits
from tests.integration.databases import Pair
from tests.integration.scene import Picks, Scene, scene_of
from tests.oracle.later_model import ENTITY_OF, Chosen
from tests.oracle.model import Row

EDITS: Mapping[str, Callable[[Scene, Picks], None]] = {
    edit.__name__: edit
    for edit in (
        v1_edits.change_a_column,
        v1_edits.change_a_key,
        v1_edits.add_a_row,
        v1_edits.touch_a_row,
        v1_edits.swap_emails,
        v1_edits.add_a_link,
        v1_edits.remove_a_link,
        v1_edits.delete_a_row,
        v2_edits.edit_a_row,
        v2_edits.undo_an_edit,
        v2_edits.change_a_password,
        v2_edits.add_a_stranger,
        v2_edits.make_by_hand,
        v2_edits.change_a_link,
        v2_edits.delete_in_v2,
    )
}


@dataclass(frozen=True)
class Edit:
    """One edit, by its name and its choices."""

    name: str
    numbers: tuple[int, ...]


def apply(edits: Sequence[Edit], pair: Pair) -> list[str]:
    """Makes the edits, and tells them as statements."""
    with scene_of(pair) as scene:
        for edit in edits:
            EDITS[edit.name](scene, Picks(edit.numbers))
    return scene.statements


def _school_of(table: str, row: Row) -> Any:
    return row["id" if table == "School" else "school_id"]


CONDITIONS: Mapping[str, Callable[[str, Row], bool]] = {
    "": lambda _table, _row: True,
    "school_id IN (1, 2)": lambda table, row: _school_of(table, row) in {1, 2},
    "school_id = 2": lambda table, row: _school_of(table, row) == 2,
    "id <= 1": lambda _table, row: bool(row["id"] <= 1),
    "created_at > '2025-01-01'": lambda _table, row: bool(row["created_at"] > datetime(2025, 1, 1)),  # noqa: DTZ001 - V1's times have no zone
    "updated_at < '2025-01-01' OR school_id <> 1": lambda table, row: bool(
        row["updated_at"] < datetime(2025, 1, 1) or _school_of(table, row) != 1  # noqa: DTZ001
    ),
}
"""Conditions of `--filter`, and what each means of a V1 table's row."""


@dataclass(frozen=True)
class Part:
    """A part of V1 that a run is to move, and how it treats passwords."""

    entities: tuple[str, ...] = tuple(dict.fromkeys(ENTITY_OF.values()))
    condition: str = ""
    policy: Literal["generate", "carry"] = "generate"

    @property
    def chosen(self) -> Chosen:
        """The same for the oracle."""
        return Chosen(frozenset(self.entities), CONDITIONS[self.condition])


def edits() -> st.SearchStrategy[Edit]:
    """Edits of every kind."""
    return st.builds(Edit, st.sampled_from(list(EDITS)), st.tuples(*[st.integers(0, 11)] * 5))


def parts() -> st.SearchStrategy[Part]:
    """Everything, or some entities, or some rows."""
    steps = list(dict.fromkeys(ENTITY_OF.values()))
    some = st.lists(st.sampled_from(steps), min_size=1, unique=True).map(lambda chosen: tuple(step for step in steps if step in chosen))
    entities = st.one_of(st.just(tuple(steps)), some)
    return st.builds(Part, entities, st.sampled_from([*[""] * 3, *CONDITIONS]), st.sampled_from(["generate", "carry"]))
