"""Work that is done one step ahead or behind, so that the database and this process need not wait for each other."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(steps: Iterable[Callable[[], Result]], /) -> Generator[Result]:
    """What each step gives, in order; the next one is done in a thread of its own while this one's result is used.

    Two results are in memory at a time. An error comes where its step's result would. A step must not use the connection of the caller.

    >>> list(ahead([lambda: "a", lambda: "b"]))
    ['a', 'b']
    """
    with ThreadPoolExecutor(1) as worker:
        coming: list[Future[Result]] = []
        for step in steps:
            coming.append(worker.submit(step))
            if len(coming) > 1:
                yield coming.pop(0).result()
        for last in coming:
            yield last.result()


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
