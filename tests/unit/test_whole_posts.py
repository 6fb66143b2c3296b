"""Which bytes are one post that the parser may read in one step."""

import pytest

from mailpixel.server.ahead import HEAD_END, is_whole_post

HEAD = b"POST /p/0123456789abcdef HTTP/1.1\r\nHost: t\r\n"


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\n{}", True),
        (HEAD + b"content-length:2\r\nAccept: */*\r\n\r\n{}", True),
        (HEAD + b"Content-Length: 6\r\n\r\na\r\n\r\nb", True),
        (HEAD + b"Content-Length: 3\r\n\r\n{}", False),
        (HEAD + b"Content-Length: 1\r\n\r\n{}", False),
        (HEAD + b"Content-Length: 2\r\n\r\n{}" + HEAD, False),
        (HEAD + b"Content-Length: +2\r\n\r\n{}", False),
        (HEAD + b"X-Content-Length: 2\r\n\r\n{}", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
        (HEAD + b"Accept: */*\r\n\r\nContent-Length: 2\r\n\r\n", False),
        (b"GET" + HEAD[4:] + b"Content-Length: 2\r\n\r\n{}", False),
    ],
)
def test_a_whole_post_ends_where_its_length_says(data: bytes, is_whole: bool) -> None:
    assert is_whole_post(data, data.find(HEAD_END) + 4) is is_whole
