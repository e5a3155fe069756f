"""Runs one private PostgreSQL for as long as its parent lives: a process of its own, on the standard library alone.

`embedded.py` starts this file with a pipe at each end. In comes an `Order`, out goes a `Reply`, one line of JSON each.
Then it waits. When the pipe says anything more, and above all when it closes because the parent ended, crashed or was
killed, it stops the server and removes the one folder that holds all of it. Since everything that has to go again is
made by this process, the parent may die at any moment.
"""

import dataclasses
import json
import locale
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Final, NamedTuple

if sys.platform != "win32":
    import pwd

HOST: Final = "127.0.0.1"

FOLDER_PREFIX: Final = "embedded-postgres-"

ACCOUNTS_IN_PLACE_OF_ROOT: Final = ("postgres", "nobody")

PORT_ATTEMPTS: Final = 5
"""Somebody else may take a free port before the server does."""

BUILTIN_LOCALE_SINCE: Final = 17
"""The first major version that knows C.UTF-8 without asking the machine."""

STOP_AT_ONCE: Final = getattr(signal, "SIGQUIT", signal.SIGTERM)
"""PostgreSQL's immediate shutdown: no checkpoint of what is about to be removed."""

STOP_TIMEOUT_SECONDS: Final = 15.0

LOG_TAIL_LINES: Final = 20


@dataclass(frozen=True)
class Order:
    """What the parent wants to run."""

    bin_folder: str
    user: str
    password: str
    settings: dict[str, str]
    start_timeout_seconds: float


@dataclass(frozen=True)
class Reply:
    """The server's port, or else what went wrong and the end of the log."""

    port: int | None = None
    problem: str = ""
    log: str = ""


class Account(NamedTuple):
    """Whom the server runs as, where not as this process's own user."""

    user: int
    group: int


class StartError(Exception):
    """The server cannot be started."""

    def __init__(self, problem: str, *, log: str = "") -> None:
        super().__init__(problem)
        self.log = "\n".join(log.splitlines()[-LOG_TAIL_LINES:])


def main() -> None:
    """Reads the order, runs the server until the pipe from the parent closes, and leaves nothing behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    signal.signal(signal.SIGTERM, _exit)
    order = Order(**json.loads(sys.stdin.readline()))
    try:
        with running_server(order) as port:
            _reply(Reply(port=port))
            sys.stdin.read(1)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except StartError as error:
        _reply(Reply(problem=str(error), log=error.log))
    except (OSError, subprocess.SubprocessError, shutil.Error) as error:
        _reply(Reply(problem=f"{type(error).__name__}: {error}"))


@contextmanager
def running_server(order: Order) -> Iterator[int]:
    """A new cluster with a server on it; gives the port, and removes both afterwards.

    Raises:
        StartError: The binaries do not run, or the server is not ready in time.
    """
    deadline = time.monotonic() + order.start_timeout_seconds
    account = _account()
    with _private_folder(account) as folder:
        cluster = _Cluster(folder, _runnable(Path(order.bin_folder), folder, account), account, deadline)
        cluster.make(order.user, order.password)
        with cluster.serve(order.settings) as port:
            yield port


@dataclass(frozen=True)
class _Cluster:
    folder: Path
    bin_folder: Path
    account: Account | None
    deadline: float
    """By `time.monotonic`: when the server has to be ready."""

    @property
    def data_folder(self) -> Path:
        return self.folder / "data"

    def make(self, user: str, password: str) -> None:
        initdb = str(self.bin_folder / "initdb")
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        _give(password_file, self.account)
        password_file.write_text(f"{password}\n", encoding="utf-8")
        login = ["--username", user, "--auth", "scram-sha-256", "--pwfile", str(password_file)]
        text = ["--encoding", "UTF8", *_locale(_output([initdb, "--version"], self.account))]
        seconds_left = self.deadline - time.monotonic()
        _output(
            [initdb, "--pgdata", str(self.data_folder), "--no-sync", *login, *text],
            self.account,
            timeout_seconds=seconds_left,
        )
        password_file.unlink()

    @contextmanager
    def serve(self, settings: dict[str, str]) -> Iterator[int]:
        for _ in range(PORT_ATTEMPTS):
            port = _free_port()
            with self._postgres({**settings, "port": str(port)}) as server:
                if self._is_ready(server):
                    yield port
                    return
                ended = server.poll()
            log = self._log.read_text(encoding="utf-8", errors="replace")
            if ended is None:
                raise StartError("PostgreSQL was not ready in time", log=log)
            if "could not bind" not in log:
                raise StartError(f"postgres ended with {ended}", log=log)
        raise StartError(f"PostgreSQL found no free port in {PORT_ATTEMPTS} attempts", log=log)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    @contextmanager
    def _postgres(self, settings: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
        loopback_only = {"listen_addresses": HOST, "unix_socket_directories": ""}
        options = [f"--{name}={value}" for name, value in {**settings, **loopback_only}.items()]
        command = [str(self.bin_folder / "postgres"), "-D", str(self.data_folder), *options]
        with self._log.open("wb") as log:
            server = _open(command, self.account, log)
        try:
            yield server
        finally:
            _stop(server)

    def _is_ready(self, server: "subprocess.Popen[bytes]") -> bool:
        while server.poll() is None and time.monotonic() < self.deadline:
            with suppress(FileNotFoundError):
                status = (self.data_folder / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
                if status.rstrip().endswith("\nready"):
                    return True
            time.sleep(0.01)
        return False


def _account() -> Account | None:
    """None for this process's own user, unless that is root, whom PostgreSQL refuses."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    for name in ACCOUNTS_IN_PLACE_OF_ROOT:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    names = " or ".join(ACCOUNTS_IN_PLACE_OF_ROOT)
    raise StartError(f"PostgreSQL does not run as root, and this machine has no user {names} in its place")


@contextmanager
def _private_folder(account: Account | None) -> Iterator[Path]:
    parent = Path(tempfile.gettempdir()).resolve()
    if account and not all(above.stat().st_mode & stat.S_IXOTH for above in (parent, *parent.parents)):
        parent = Path("/tmp")  # noqa: S108  # root's own TMPDIR is closed to others; the folder made here has mode 0700
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=parent))
    try:
        _give(folder, account)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runnable(bin_folder: Path, folder: Path, account: Account | None) -> Path:
    """The folder of the binaries, or of their copy where root has them in a place closed to the server's user."""
    if account is None:
        return bin_folder
    with suppress(OSError, StartError):
        _output([str(bin_folder / "initdb"), "--version"], account)
        return bin_folder
    return _copied(bin_folder, folder / "installation", account)


def _copied(bin_folder: Path, copies: Path, account: Account) -> Path:
    prefix = bin_folder.parent
    # A wheel for Linux keeps shared libraries beside its package, and looks for them by the way from one to the other.
    libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
    sources = [prefix.parent, libraries] if libraries.is_dir() else [prefix]
    not_needed = shutil.ignore_patterns("include", "doc", "man")
    for source in sources:
        shutil.copytree(source, copies / source.name, symlinks=True, ignore=not_needed)
    for path in (copies, *copies.rglob("*")):
        _give(path, account)
    return copies / bin_folder.relative_to(sources[0].parent)


def _give(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.user, account.group, follow_symlinks=False)


def _locale(version: str) -> list[str]:
    """Text in order of its code points, upper and lower case as in Unicode, whatever the machine's own locale."""
    major = re.search(r"\(PostgreSQL\) (\d+)", version)
    if major and int(major[1]) >= BUILTIN_LOCALE_SINCE:
        return ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
    with suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
        return ["--locale", "C.UTF-8"]
    return ["--locale", "C"]  # no such locale on this machine, an older macOS perhaps


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port


def _output(command: list[str], account: Account | None, *, timeout_seconds: float = 30.0) -> str:
    with _open(command, account, subprocess.PIPE) as running:
        try:
            output = running.communicate(timeout=timeout_seconds)[0].decode(errors="replace")
        finally:
            running.kill()
    if running.returncode:
        raise StartError(f"{Path(command[0]).name} ended with {running.returncode}", log=output)
    return output


def _open(command: list[str], account: Account | None, output: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # initdb or postgres, from the folder that the parent chose
        command,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
        cwd=os.path.sep,  # where this process was started may be closed to the server's user
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(STOP_AT_ONCE)
    try:
        server.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _reply(reply: Reply) -> None:
    with suppress(BrokenPipeError):  # the parent is gone: nobody is left to be told
        sys.stdout.write(json.dumps(dataclasses.asdict(reply)) + "\n")
        sys.stdout.flush()


def _exit(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)  # an exception, so that all that is open closes


if __name__ == "__main__":
    main()
