"""One sample for all tests that only look at it."""

import polars as pl
import pytest

from pipeline.sample import sample_tables

STUDENTS = 5_000
"""From so many on, every flaw is there."""


@pytest.fixture(scope="package")
def sample() -> dict[str, pl.DataFrame]:
    """The tables of a platform that has every flaw."""
    return sample_tables(students=STUDENTS)
