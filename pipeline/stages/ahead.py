"""Work that is done one step ahead or behind, so that the database and this process need not wait for each other."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

SIDE_BY_SIDE: Final = 2
"""How many steps are done at once where much of what each one needs takes a single core."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(steps: Iterable[Callable[[], Result]], /, *, at_once: int = 1) -> Generator[Result]:
    """What each step gives, in order; the next ones, `at_once`, are done in threads of their own while this one's result is used.

    One result more than `at_once` is in memory at a time. An error comes where its step's result would. A step must not use the
    connection of the caller.

    >>> list(ahead([lambda: "a", lambda: "b", lambda: "c"], at_once=2))
    ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(at_once) as workers:
        coming: deque[Future[Result]] = deque()
        for step in steps:
            coming.append(workers.submit(step))
            if len(coming) > at_once:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def behind(items: Iterable[Item], step: Callable[[Item], Result], /) -> Generator[Result]:
    """What the step gives for each item, in order; it is done in a thread of its own while the next item is got, and the last one used.

    Three items are in memory at a time. An error comes where the step's result would. A step must not use the connection of the caller.

    >>> list(behind("ab", str.upper))
    ['A', 'B']
    """
    with ThreadPoolExecutor(1) as worker:
        going: list[Future[Result]] = []
        for item in items:
            going.append(worker.submit(step, item))
            if len(going) > 1:
                yield going.pop(0).result()
        for last in going:
            yield last.result()
