"""Former content in the unused parts of a SQLite file's pages."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mailpixel.store.sqlite.leftovers import holds_leftovers

SIZE = 4_096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of three pages; what rows hold begins at the end of a page."""
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table some (id integer primary key, text text)")
        connection.execute("create index texts on some (text)")
        connection.executemany("insert into some (text) values (?)", [(f"r-{n}",) for n in range(20)])
        connection.commit()
    assert path.stat().st_size == 3 * SIZE
    return path


def write(path: Path, place: int, text: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(text)


def test_what_rows_hold_is_no_leftover(path: Path) -> None:
    assert not holds_leftovers(path, ["r-1", "r-19", "1", "-", ""])


@pytest.mark.parametrize("page", [0, 1, 2])
def test_what_stands_between_cells_and_content_is_found_in_every_page(path: Path, page: int) -> None:
    write(path, page * SIZE + 1_500, b"somebody")
    assert holds_leftovers(path, ["nobody", "somebody"])
    assert not holds_leftovers(path, ["nobody"])


def test_what_reaches_into_the_unused_part_is_found(path: Path) -> None:
    content = int.from_bytes(path.read_bytes()[SIZE + 5 : SIZE + 7], "big")
    first_of_content = path.read_bytes()[SIZE + content : SIZE + content + 1]
    write(path, SIZE + content - 2, b"xy")
    assert holds_leftovers(path, ["xy" + first_of_content.decode()])


def test_a_page_of_another_kind_is_unused(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0\0\0\0somebody".ljust(SIZE, b"\0"))
    assert holds_leftovers(path, ["somebody"])


MANY = [f"member-{n:05}" for n in range(1_000)]


@pytest.mark.parametrize("text", ["member-00777", "x", "member-00777 and more of it"])
def test_one_of_many_texts_is_found_as_one_alone(path: Path, text: str) -> None:
    texts = [*MANY, "x", "member-00777 and more of it"]
    assert not holds_leftovers(path, texts)
    write(path, SIZE + 1_500, text.encode())
    assert holds_leftovers(path, texts)
    assert not holds_leftovers(path, [each for each in MANY if each != "member-00777"])


def test_what_reaches_into_the_unused_part_is_found_among_many(path: Path) -> None:
    content = int.from_bytes(path.read_bytes()[SIZE + 5 : SIZE + 7], "big")
    first_of_content = path.read_bytes()[SIZE + content : SIZE + content + 1]
    write(path, SIZE + content - 2, b"xy")
    assert holds_leftovers(path, [*MANY, "xy" + first_of_content.decode()])


def test_what_rows_hold_is_no_leftover_for_many_texts_either(path: Path) -> None:
    assert not holds_leftovers(path, [*MANY, "r-1", "r-19", "1", "-"])
