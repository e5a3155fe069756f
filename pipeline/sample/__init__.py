"""Sample data: a V1 platform of any size, always the same, with the flaws that real ones have."""

from pipeline.sample.fill import fill
from pipeline.sample.tables import sample_tables

__all__ = ["fill", "sample_tables"]
