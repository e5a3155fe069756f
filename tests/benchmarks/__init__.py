"""Measures the migration beside its peers, in one run on one machine and server: `python -m tests.benchmarks`.

Every contender works from the same V1 into a fresh copy of the same V2, tables and reference rows in it, and its rows are counted
afterwards. Each round measures all of them once, every second round the other way round, so that noise spreads.

No bcrypt is in a whole run: with the policy `carry` only who has no bcrypt hash gets a new one, so everybody in V1 is given one before
anything is measured. The stage that hashes is measured by itself.
"""


class BenchmarkError(Exception):
    """A contender failed, or did not do the work that it was to be timed for."""
