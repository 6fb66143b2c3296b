"""What a server in front could read as one request and we as two is refused, and nothing behind it counts.

Each is sent in one piece and byte by byte, to a pixel (answered in the protocol), to a page with a body and to the API.
"""

import socket
from collections.abc import Iterator

import pytest

from tests.support.service import Service, rows

SECRET = b"GET /c/hidden HTTP/1.1\r\nHost: t\r\n\r\n"
"""The request in the body of another one. It would be answered with 404 by its own."""
TWO_WAYS = {
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(SECRET),
    "the same length twice": b"Content-Length: 5\r\nContent-Length: 5\r\n",
    "lengths in a list": b"Content-Length: 0, %d\r\n" % len(SECRET),
    "length and chunks": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(SECRET),
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(SECRET),
    "unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "chunks not last": b"Transfer-Encoding: chunked, identity\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n",
    "folded coding": b"Transfer-Encoding:\r\n chunked\r\n",
    "folded length": b"Content-Length: 0\r\n 5\r\n",
    "folded header": b"X: a\r\n Content-Length: 5\r\n",
    "folded by a tab": b"X: a\r\n\tContent-Length: 5\r\n",
    "space before the colon": b"Content-Length : %d\r\n" % len(SECRET),
    "tab before the colon": b"Transfer-Encoding\t: chunked\r\n",
    "space before the name": b" Content-Length: 5\r\n",
    "vertical tab in a name": b"Content-Length\x0b: 5\r\n",
    "no colon": b"Content-Length 5\r\n",
    "zero byte in a name": b"Content-Length\x00: 5\r\n",
    "zero byte in a value": b"X: a\x00Content-Length: 5\r\n",
    "bare CR in a value": b"X: a\rContent-Length: 5\r\n",
    "CR CR LF": b"X: a\r\r\nContent-Length: 5\r\n",
    "signed length": b"Content-Length: +5\r\n",
    "negative length": b"Content-Length: -5\r\n",
    "length in hex": b"Content-Length: 0x5\r\n",
    "length with a point": b"Content-Length: 5.0\r\n",
    "length with an underscore": b"Content-Length: 1_0\r\n",
    "empty length": b"Content-Length: \r\n",
    "length past 64 bits": b"Content-Length: 18446744073709551621\r\n",
    "quoted coding": b'Transfer-Encoding: "chunked"\r\n',
    "coding with a zero byte": b"Transfer-Encoding: chunked\x00\r\n",
    "coding after a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n",
}
BAD_CHUNKS = {
    "size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "size in 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size with an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "size past 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "size after a space": b" 5\r\nhello\r\n0\r\n\r\n",
    "bare LF after the size": b"5\nhello\r\n0\r\n\r\n",
    "bare LF in an extension": b"5;a\nhello\r\n0\r\n\r\n",
    "no line end after the data": b"5\r\nhello0\r\n\r\n",
    "more data than said": b"5\r\nhello!\r\n0\r\n\r\n",
    "bare CR after the data": b"5\r\nhello\r0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
}
BARE = {
    "bare LF everywhere": b"POST %b HTTP/1.1\nHost: t\nContent-Length: 0\n\n",
    "bare LF after the first line": b"POST %b HTTP/1.1\nHost: t\r\nContent-Length: 0\r\n\r\n",
    "bare LF after a header": b"POST %b HTTP/1.1\r\nHost: t\nContent-Length: 0\r\n\r\n",
    "bare LF at the end": b"POST %b HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\n",
    "bare CR after the first line": b"POST %b HTTP/1.1\rHost: t\r\n\r\n",
    "a tab in the first line": b"POST\t%b HTTP/1.1\r\nHost: t\r\n\r\n",
    "another version": b"POST %b HTTP/1.2\r\nHost: t\r\n\r\n",
}
ODD = [
    *((name, b"POST %b HTTP/1.1\r\nHost: t\r\n" + framing + b"\r\n") for name, framing in TWO_WAYS.items()),
    *(
        (name, b"POST %b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        for name, body in BAD_CHUNKS.items()
    ),
    *BARE.items(),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("smuggling") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One")
    with Service(data) as service:
        yield service


def statuses(service: Service, said: bytes, piece: int) -> list[int]:
    """The statuses of all answers until the server closes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        try:
            for start in range(0, len(said), piece):
                connection.sendall(said[start : start + piece])
        except ConnectionError:
            pass
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionError:
            pass
    return [int(each[:3]) for each in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("path", [b"/o/x.gif", b"/u/x", b"/api/campaigns"])
@pytest.mark.parametrize(("name", "odd"), ODD, ids=[name for name, _ in ODD])
def test_a_request_that_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_answered(
    service: Service, name: str, odd: bytes, path: bytes
) -> None:
    for piece in (65_536, 1):
        found = statuses(service, odd % path + SECRET * 2, piece)
        assert found[-1:] == [400], name
        assert len(found) <= 2, name  # a body that turns out to be bad comes after an answer to its head


@pytest.mark.parametrize("path", [b"/o/x.gif", b"/u/x", b"/api/campaigns"])
def test_two_hosts_or_none_are_answered_once_and_by_the_first(service: Service, path: bytes) -> None:
    close = b"Connection: close\r\n\r\n"
    for hosts in (b"", b"Host: a\r\nHost: b\r\n", b"Host: a b\r\n", b"Host: a/b@c\r\n"):
        assert len(statuses(service, b"GET %b HTTP/1.1\r\n" % path + hosts + close, 65_536)) == 1


@pytest.mark.parametrize("path", [b"/o/x.gif", b"/u/x", b"/api/campaigns"])
def test_a_request_of_the_first_http_is_the_last_of_its_connection(service: Service, path: bytes) -> None:
    assert len(statuses(service, b"GET %b\r\n\r\n" % path + SECRET, 65_536)) == 1
