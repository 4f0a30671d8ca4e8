"""Real HTTP receivers on this machine that answer, fail, hang, drip or answer twice."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[socket.socket, threading.Event], None]


@dataclass
class Receiver:
    """Where to post to, and what arrived, in order."""

    port: int
    heads: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=s3cret"


def status(code: int, *headers: str) -> Answer:
    return sends("\r\n".join((f"HTTP/1.1 {code} said", *headers, "Content-Length: 0", "", "")))


def sends(*texts: str) -> Answer:
    def answer(connection: socket.socket, stop: threading.Event) -> None:
        for text in texts:
            connection.sendall(text.encode())

    return answer


def hangs(connection: socket.socket, stop: threading.Event) -> None:
    stop.wait(30)


def drips(connection: socket.socket, stop: threading.Event) -> None:
    """One byte now and then: no single read takes long, the whole never ends."""
    while not stop.wait(0.05):
        connection.sendall(b"H")


def closes(connection: socket.socket, stop: threading.Event) -> None:
    """Takes the message and says nothing."""


@contextmanager
def receiver(*answers: Answer) -> Iterator[Receiver]:
    """Answers the n-th request with the n-th answer, and all further ones with the last."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Receiver(server.getsockname()[1])
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, found, answers, stop), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            stop.set()
            socket.create_connection(("127.0.0.1", found.port)).close()
            thread.join(10)


def _serve(
    server: socket.socket, found: Receiver, answers: tuple[Answer, ...], stop: threading.Event
) -> None:
    while True:
        connection, _ = server.accept()
        with connection:
            if stop.is_set():
                return
            try:
                _read(connection, found)
                answers[min(len(found.bodies), len(answers)) - 1](connection, stop)
            except OSError:
                continue  # the other side lost patience


def _read(connection: socket.socket, found: Receiver) -> None:
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += _more(connection)
    head, _, body = seen.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    length = next(int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length"))
    while len(body) < length:
        body += _more(connection)
    found.heads.append(head.decode())
    found.bodies.append(json.loads(body))


def _more(connection: socket.socket) -> bytes:
    if not (found := connection.recv(65_536)):
        raise ConnectionError
    return found
