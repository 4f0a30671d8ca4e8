"""Posts JSON to a web address that a configuration names, and to nothing else.

Only HTTPS, only hosts under the suffixes that the caller allows. The host is resolved once, every
address it has must be public, and the connection goes to the first of them, so that a second
answer of the name server can't lead elsewhere. Redirects are not followed, proxies not used, and
neither address nor body enters a message: both may hold secrets.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

Reach = Literal["public", "private", "loopback"]
"""Which addresses a host may have. `private` and `loopback` permit plain HTTP there."""

_URL = re.compile(r"[\x21-\x7e]{1,2000}")
_HEADER = re.compile(r"[\x20-\x7e]*")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_LONGEST_HEAD = 64_000
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind a NAT64 gateway, RFC 6052
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "fec0::/10",  # private under its former name, RFC 3879
            "192.0.0.0/24",  # protocol assignments, RFC 6890; Oracle's metadata among them
            # What clouds tell their machines, credentials included, outside of link-local ranges.
            "168.63.129.16",  # Azure
            "fd00:ec2::/32",  # AWS
            "fd20:ce::254",  # Google
            "fd00:c1::a9fe:a9fe",  # Oracle
            "fd00:42::42",  # Scaleway
            "fd00:a9fe:a9fe::1",  # Akamai
        ),
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotSent(Exception):
    """The receiver has not taken the message: it may be sent again."""


class MayBeSent(Exception):
    """The message left, and no answer says what became of it: sending again could double it."""


@dataclass(frozen=True)
class Endpoint:
    """Where messages go. `hosts` are the suffixes allowed, each matching itself and what is below.

    Raises ValueError, which never quotes the address, for one that can't be used.
    """

    url: str = field(repr=False)
    hosts: tuple[str, ...]
    reach: Reach = "public"

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.url):
            raise ValueError("the url is 1 to 2,000 printable ASCII characters without blanks")
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and self.reach != "public"):
            raise ValueError("the url has to begin with https://")
        if parts.username is not None or parts.password is not None or not parts.hostname:
            raise ValueError("the url needs a host, and no user name in front of it")
        if not is_below(parts.hostname, self.hosts):
            raise ValueError("the url's host is not under one of the allowed hosts")
        if self.port == 0:
            raise ValueError("the url's port is not a port")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_encrypted(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    @property
    def port(self) -> int:
        try:
            given = urlsplit(self.url).port
        except ValueError:
            return 0
        return given if given is not None else 443 if self.is_encrypted else 80

    @property
    def target(self) -> str:
        """Path and query, as the request line takes them."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_below(host: str, suffixes: Iterable[str]) -> bool:
    """True for a suffix itself and for names below it: `a.b.c` is below `b.c`, `ab.c` is not."""
    name = host.rstrip(".").casefold()
    plain = [suffix.strip(".").casefold() for suffix in suffixes]
    return any(suffix and (name == suffix or name.endswith("." + suffix)) for suffix in plain)


def post(
    to: Endpoint, body: Any, *, headers: Mapping[str, str] | None = None, seconds: float = 10.0
) -> int:
    """Posts `body` as JSON and returns the status, one of 200 to 299, within `seconds` in all.

    Raises NotSent when the receiver can't have taken it or says so (status 400 to 499), and
    MayBeSent for every other end.
    """
    deadline = time.monotonic() + seconds
    request = _request(to, json.dumps(body, ensure_ascii=False, allow_nan=False), headers or {})
    address = _public(_resolved(to, deadline), to.reach)
    with _connected(to, address, deadline) as connection:
        try:
            connection.settimeout(_left(deadline))
            connection.sendall(request)
            status = _status(connection, deadline)
        except OSError as error:
            raise MayBeSent(f"no answer: {type(error).__name__}") from None
    if 200 <= status < 300:
        return status
    if 400 <= status < 500:
        raise NotSent(f"refused with status {status}")
    raise MayBeSent(f"answered with status {status}")


def is_reachable(address: str, reach: Reach) -> bool:
    """True for addresses of the public internet, and for those that `reach` adds to them."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_reachable(one, reach) for one in _ends(found))


def _is_reachable(found: Address, reach: Reach) -> bool:
    if found.is_loopback:
        return reach == "loopback"
    if found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved:
        return False
    if any(found in network for network in _NEVER):
        return False
    return found.is_global or (reach == "private" and any(found in net for net in _PRIVATE))


def _ends(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 one stands for, if it does, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address in _TRANSLATED:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.teredo is not None:
        return address.teredo
    return (address.ipv4_mapped or address.sixtofour or address,)


def _resolved(to: Endpoint, deadline: float) -> list[str]:
    """The host's addresses. A thread asks, since a name server that hangs can't be interrupted."""
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(str(answer[4][0]) for answer in answers)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(deadline - time.monotonic(), 0))
    if not found:
        raise NotSent("the host's name could not be resolved")
    return found


def _public(addresses: list[str], reach: Reach) -> str:
    if not all(is_reachable(address, reach) for address in addresses):
        raise NotSent("the host's address is not a public one")
    return addresses[0]


def _connected(to: Endpoint, address: str, deadline: float) -> socket.socket:
    try:
        plain = socket.create_connection((address, to.port), _left(deadline))
        if not to.is_encrypted:
            return plain
        try:
            plain.settimeout(_left(deadline))
            return ssl.create_default_context().wrap_socket(plain, server_hostname=to.host)
        except BaseException:
            plain.close()
            raise
    except OSError as error:
        raise NotSent(f"no connection: {type(error).__name__}") from None


def _request(to: Endpoint, body: str, headers: Mapping[str, str]) -> bytes:
    content = body.encode("utf-8", "replace")
    host = f"[{to.host}]" if ":" in to.host else to.host
    every = {
        "Host": host if to.port in (80, 443) else f"{host}:{to.port}",
        "User-Agent": "sparkguard",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "Connection": "close",
        **headers,
    }
    if not all(_HEADER.fullmatch(value) for value in every.values()):
        raise NotSent("a header has characters that a header can't hold")
    head = "".join(f"{name}: {value}\r\n" for name, value in every.items())
    return f"POST {to.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + content


def _status(connection: socket.socket, deadline: float) -> int:
    """The status of the first final answer; what follows it is not read."""
    seen = b""
    while len(seen) < _LONGEST_HEAD:
        if status := _STATUS.match(seen):
            if not status[1].startswith(b"1"):
                return int(status[1])
            _, ended, after = seen.partition(b"\r\n\r\n")
            if ended:  # an interim answer, RFC 9110, 15.2
                seen = after
                continue
        elif b"\n" in seen:
            break
        connection.settimeout(_left(deadline))
        if not (more := connection.recv(4_096)):
            break
        seen += more
    raise MayBeSent("the answer is not HTTP")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
