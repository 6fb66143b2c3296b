"""Tracking is answered inside the HTTP protocol: what is unusual about a request must not matter."""

import socket

from tests.support.service import Service


def talk(service: Service, text: str, answers: int) -> list[str]:
    """Send bytes over one connection and read until so many status lines came, or the server closes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(text.encode())
        data = b""
        while data.count(b"HTTP/1.1 ") < answers or not data.endswith((b"\x00;", b"\r\n\r\n", b"}", b"\n")):
            part = connection.recv(65_536)
            if not part:
                break
            data += part
        return [line for line in data.decode("latin-1").split("\r\n") if "HTTP/1.1 " in line]


def read_to_the_end(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65_536):
        data += part
    return data


def get(path: str, *headers: str, version: str = "1.1") -> str:
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: t", *headers, "", ""])


def statuses(lines: list[str]) -> list[str]:
    return [line.rpartition("HTTP/1.1 ")[2][:3] for line in lines]


def test_pipelined_requests_are_answered_in_order(service: Service, paths: dict[str, str]) -> None:
    asked = [
        paths["pixel_url"],
        paths["link_1"],
        "/healthz",
        paths["pixel_url"],
        "/c/nonsense",
        paths["link_2"],
    ]
    lines = talk(service, "".join(get(path) for path in asked), len(asked))
    assert statuses(lines) == ["200", "302", "200", "200", "404", "302"]


def test_a_connection_is_kept_or_closed_as_asked(service: Service, paths: dict[str, str]) -> None:
    for request in (get(paths["pixel_url"], "Connection: close"), get(paths["pixel_url"], version="1.0")):
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(request.encode())
            data = read_to_the_end(connection)
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in data
    kept = get(paths["pixel_url"])
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(kept.encode())
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_upgrade_a_body_and_an_absolute_target_do_no_harm(service: Service, paths: dict[str, str]) -> None:
    pixel = paths["pixel_url"]
    upgrade = get(pixel, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    with_body = f"GET {pixel} HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello" + get(pixel)
    assert statuses(talk(service, upgrade, 1)) == ["200"]
    assert statuses(talk(service, with_body, 2)) == ["200", "200"]
    assert statuses(talk(service, get(f"http://t.example{paths['link_1']}"), 1)) == ["302"]


def test_what_is_no_request_is_refused_and_the_service_lives(service: Service, paths: dict[str, str]) -> None:
    assert statuses(talk(service, "nonsense\r\n\r\n", 1)) == ["400"]
    assert service.status(paths["pixel_url"]) == 200
