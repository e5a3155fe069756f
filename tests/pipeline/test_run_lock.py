"""The lock of a run's folder: one holder at a time, gone with its process, and visible to who only looks."""

import gc
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import RefusedError
from pipeline.run_lock import RunLock, is_held

PROJECT = Path(__file__).parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.run_lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def test_a_lock_is_held_until_it_is_released(path: Path) -> None:
    lock = RunLock(path)
    assert is_held(path)
    lock.release()
    lock.release()
    assert not is_held(path)
    RunLock(path)


def test_nobody_holds_what_is_not_there(path: Path) -> None:
    assert not is_held(path)
    assert not path.exists()


def test_a_second_holder_is_refused(path: Path) -> None:
    lock = RunLock(path)
    with pytest.raises(RefusedError, match=f"Run {path.parent.name} is still running") as refused:
        RunLock(path)
    assert refused.value.exit_code == 8
    lock.release()


def test_somebody_who_looks_all_the_time_is_in_nobody_s_way(path: Path) -> None:
    path.touch()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            is_held(path)
            time.sleep(0.001)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(50):
            RunLock(path).release()
    finally:
        is_over.set()
        looking.join()


def test_a_lock_goes_with_the_object(path: Path) -> None:
    lock = RunLock(path)
    del lock
    gc.collect()
    assert not is_held(path)


def test_a_lock_goes_with_its_process_even_after_kill_9(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, cwd=PROJECT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(path)
        with pytest.raises(RefusedError):
            RunLock(path)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    RunLock(path).release()


def test_a_program_that_the_holder_starts_does_not_hold_it_on(path: Path) -> None:
    lock = RunLock(path)
    with subprocess.Popen(["sleep", "60"]) as child:
        lock.release()
        assert not is_held(path)
        child.kill()


def test_the_file_is_its_owner_s(path: Path) -> None:
    RunLock(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
