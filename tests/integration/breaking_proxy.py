"""Stands between the program and V2, and breaks the run's connection in the very moment of its commit."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Literal

HOST: Final = "127.0.0.1"
PIECE_BYTES: Final = 65_536

Loss = Literal["commit", "answer", "answer and server"]
"""The COMMIT itself, the answer to it, or the answer and from then on every connection."""


@dataclass
class Proxy:
    """Passes everything on to a server, until the first connection that has copied rows says COMMIT."""

    address: tuple[str, int]
    loss: Loss
    listener: socket.socket = field(default_factory=lambda: socket.create_server((HOST, 0)))
    has_broken: bool = False

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """Accepts connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.has_broken and self.loss == "answer and server":
                    client.close()
                    continue
                server = socket.create_connection(self.address)
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        has_copied = False
        with client, server, suppress(OSError):
            while piece := client.recv(PIECE_BYTES):
                has_copied |= b"COPY " in piece
                if has_copied and b"COMMIT" in piece and not self.has_broken:
                    self.has_broken = True
                    client.shutdown(socket.SHUT_RDWR)
                    if self.loss != "commit":
                        server.sendall(piece)
                        _wait_for_end(server)
                    server.shutdown(socket.SHUT_RDWR)
                    return
                server.sendall(piece)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while piece := server.recv(PIECE_BYTES):
                client.sendall(piece)
            client.shutdown(socket.SHUT_RDWR)


def _wait_for_end(server: socket.socket) -> None:
    """Says good-bye behind the COMMIT, and so waits until the server is done with it."""
    server.sendall(b"X\0\0\0\4")
    while server.recv(PIECE_BYTES):
        pass


@contextmanager
def breaking_proxy(host: str, port: int, loss: Loss) -> Iterator[Proxy]:
    """A proxy for the length of a `with`."""
    proxy = Proxy((host, port), loss)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join()
