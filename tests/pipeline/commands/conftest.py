"""Questions that leave no trace."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def _own_interruption() -> Iterator[None]:
    """A question changes how Ctrl-C is taken; for the test only."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)
