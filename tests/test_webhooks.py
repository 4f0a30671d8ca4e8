from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from sparkguard.webhooks import Endpoint, MayBeSent, NotSent, is_below, is_reachable, post
from tests.receivers import Answer, closes, drips, hangs, receiver, sends, status

HERE = ("127.0.0.1",)


def test_a_message_arrives_as_json_once() -> None:
    with receiver(status(202)) as to:
        headers = {"Idempotency-Key": "k"}
        assert (
            post(Endpoint(to.url, HERE, "loopback"), {"é": ["<!channel>"]}, headers=headers) == 202
        )
    assert to.bodies == [{"é": ["<!channel>"]}]
    assert to.heads[0].startswith("POST /hook?token=s3cret HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{to.port}" in to.heads[0]
    assert "Idempotency-Key: k" in to.heads[0]


ENDS: list[tuple[Answer, type[Exception] | int]] = [
    (status(200), 200),
    (sends("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 500 again\r\n\r\n"), 200),
    (sends("HTTP/1.1 100 go\r\n\r\n", "HTTP/1.1 204 done\r\n\r\n"), 204),
    (status(404), NotSent),
    (status(429), NotSent),
    (status(302, "Location: http://169.254.169.254/"), MayBeSent),
    (status(500), MayBeSent),
    (sends("SSH-2.0-OpenSSH\r\n"), MayBeSent),
    (sends("x" * 100_000), MayBeSent),
    (closes, MayBeSent),
    (hangs, MayBeSent),
    (drips, MayBeSent),
]


@pytest.mark.parametrize(("answer", "end"), ENDS)
def test_every_answer_has_one_meaning_and_none_takes_long(
    answer: Answer, end: type[Exception] | int
) -> None:
    started = time.monotonic()
    with receiver(answer) as to:
        endpoint = Endpoint(to.url, HERE, "loopback")
        if isinstance(end, int):
            assert post(endpoint, {}, seconds=5) == end
        else:
            with pytest.raises(end) as raised:
                post(endpoint, {}, seconds=1)
            assert "s3cret" not in str(raised.value)
        assert len(to.bodies) == 1, "a redirect is not followed and nothing is repeated"
    assert time.monotonic() - started < 10


def test_nobody_listening_means_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotSent, match="no connection"):
        post(Endpoint(f"http://127.0.0.1:{port}/", HERE, "loopback"), {})


def test_https_does_not_fall_back_to_plain_text() -> None:
    with receiver(status(200)) as to, pytest.raises(NotSent):
        post(Endpoint(to.url.replace("http:", "https:"), HERE, "loopback"), {}, seconds=2)
    assert to.bodies == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "ftp://hooks.example.com/x",
        "file:///etc/passwd",
        "https://evil.com/x",
        "https://badexample.com/x",
        "https://example.com.evil.com/x",
        "https://user:word@hooks.example.com/x",
        "https://example.com@evil.com/x",
        "https:///x",
        "https://hooks.example.com:0/x",
        "https://hooks.example.com:99999/x",
        "https://hooks.example.com/x\r\nX-Evil: 1",
        "https://hooks.example.com/ x",
        "https://hooks.exämple.com/",
        "",
    ],
)
def test_other_addresses_are_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError) as raised:
        Endpoint(url, ("example.com",))
    assert "evil" not in str(raised.value)
    assert "word" not in str(raised.value)


def test_suffixes_end_at_a_dot() -> None:
    assert is_below("example.com", ("example.com",))
    assert is_below("A.Example.COM.", (".example.com",))
    assert not is_below("anexample.com", ("example.com",))
    assert not is_below("example.com", ("", "."))


PRIVATE = [
    *("127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.100.100.200", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
    "64:ff9b::a9fe:a9fe",
    *("2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    *("fec0::1", "feff::1", "64:ff9b:1::5db8:d822", "::ffff:0:5db8:d822", "::93.184.216.34"),
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_message_goes_to_a_private_address(address: str) -> None:
    assert not is_reachable(address, "public")


METADATA = [
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:a9fe:a9fe::1"),
    *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::a83f:8110", "64:ff9b:1::a9fe:a9fe"),
    # 6to4, and Teredo as its server and as its client
    *("2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::a247:27dd", "2001:0:5db8:d822::5601:5601"),
]  # fmt: skip


@pytest.mark.parametrize("reach", ["public", "private", "loopback"])
@pytest.mark.parametrize("address", METADATA)
def test_no_message_goes_to_a_cloud_s_metadata(address: str, reach: Any) -> None:
    assert not is_reachable(address, reach)


def test_the_ipv4_addresses_within_an_ipv6_one_decide() -> None:
    for address in ("::ffff:5db8:d822", "64:ff9b::5db8:d822", "2002:5db8:d822::1"):
        assert is_reachable(address, "public")
    assert is_reachable("2001:0:5db8:d822::a247:27dd", "public")


@pytest.mark.parametrize("address", ["0.0.0.1", "198.18.0.1", "192.0.2.1", "2001:db8::1"])
def test_what_is_neither_public_nor_of_one_s_own_network_is_never_reached(address: str) -> None:
    assert not is_reachable(address, "private")


def test_what_a_wider_reach_adds() -> None:
    assert is_reachable("93.184.216.34", "public")
    assert is_reachable("2606:2800:220:1::1", "public")
    for own in ("10.0.0.1", "172.31.0.1", "192.168.1.1", "fd12:3456::1"):
        assert is_reachable(own, "private")
    assert not is_reachable("169.254.169.254", "private")
    assert not is_reachable("127.0.0.1", "private")
    assert is_reachable("::1", "loopback")
    assert not is_reachable("10.0.0.1", "loopback")


FORMS = ("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]")


@pytest.mark.parametrize("host", FORMS)
def test_loopback_is_recognised_in_every_number_form(host: str) -> None:
    with pytest.raises(NotSent):
        post(Endpoint(f"https://{host}/", (host.strip("[]"),)), {}, seconds=2)


def test_the_name_is_resolved_once_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    connected: list[Any] = []

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, 443)) for address in answers.pop(0)]

    def connect(address: Any, timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotSent, match="no connection"):
        post(Endpoint("https://hooks.example.com/", ("example.com",)), {})
    assert connected == [("93.184.216.34", 443)]
    assert len(answers) == 1
    answers[:] = [["93.184.216.34", "10.0.0.1"]]
    with pytest.raises(NotSent, match="not a public one"):
        post(Endpoint("https://hooks.example.com/", ("example.com",)), {})
    assert len(connected) == 1


def test_a_name_server_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3) or [])
    with pytest.raises(NotSent, match="resolved"):
        post(Endpoint("https://hooks.example.com/", ("example.com",)), {}, seconds=0.2)
