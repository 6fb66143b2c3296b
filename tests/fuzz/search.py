"""Mutates a kept corpus for a while and keeps what reaches new lines of mailpixel.

`python -m tests.fuzz.search [NAME [SECONDS]]`: `.cache/fuzz` gets what was found, and the input that broke a law as
`NAME-broken`. With atheris (`scripts/fuzz` installs it where it can) libFuzzer searches; without it this file does.
"""

import base64
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

atheris: Any = None
if find_spec("atheris"):
    atheris = import_module("atheris")
with atheris.instrument_imports(include=["mailpixel"]) if atheris else nullcontext():
    from tests.fuzz.targets import GOOD, TARGETS

CORPUS = Path("tests/data/fuzz.jsonl")
FOUND = Path(".cache/fuzz")
DATA = Path("tests/data")
MOST_BYTES = 8_192
WORDS = (
    b"\0", b"\xff", b"\x80", b"\n", b"\r\n", b'"', b"'", b"<", b">", b"&", b"%", b"%00", b"//", b"\\", b"@", b":", b",",
    b"=", b"--", b"<!--", b"{{", b"}}", b"[[", b"{}", b"=?utf-8?q?", b"?=", b"\xef\xbb\xbf", b"\xff\xfe", b"9" * 40,
    b"a" * 300, b"xn--", b"http://", b"https://", b"for=", b"::1", b"href=", b"src=", b"null", b"-1", b"1e999",
    b"\xed\xa0\x80", b"\xf5mPx", b"\xf5mPx" + b"\0" * 17,
)  # fmt: skip


def seeds(name: str) -> list[bytes]:
    """What is kept for a target, and what other tests know of its kind."""
    kept = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    found = [base64.b64decode(each["data"]) for each in kept if each["target"] == name]
    return [*found, *(OTHERS[name]() if name in OTHERS else ()), b""]


def _lines(file: str) -> list[Any]:
    return [json.loads(line) for line in (DATA / file).read_bytes().splitlines()]


def _texts(value: object) -> Iterator[bytes]:
    """Every text inside of a JSON value."""
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


OTHERS: dict[str, Callable[[], list[bytes]]] = {
    "token": lambda: [text.encode() for text in sorted(GOOD)],
    "path": lambda: [f"/{kind}/{text}{end}".encode()
                     for kind in "ocu" for text in sorted(GOOD) for end in ("", ".gif", "/1")],
    "destination": lambda: [each["url"].encode("utf-8", "surrogatepass") for each in _lines("destinations.jsonl")],
    "headers": lambda: [b"\n".join(f"{n}: {v}".encode() for n, v in each["input"]["headers"].items())
                        for each in _lines("more_http_cases.jsonl") if each["input"].get("headers")],
    "html": lambda: [text for each in _lines("rewrite_stress.jsonl")[:200] for text in _texts(each) if b"<" in text],
    "mime": lambda: [text for each in _lines("mime_cases.jsonl") for text in _texts(each) if b"\n" in text],
    "envelope": lambda: [json.dumps(each).encode() for each in _lines("envelopes.jsonl")],
}  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The bytes with one to four changes."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((0, 0, 1, 1, 2, 8, 64)))
        kind = chance.randrange(5)
        put = b""
        if kind == 0:
            put = chance.choice(WORDS)
        elif kind == 1:
            put = chance.randbytes(chance.randint(1, 4))
        elif kind == 2:
            other = chance.choice(others)
            cut = chance.randint(0, len(other))
            put = other[cut : cut + chance.randint(1, 64)]
        elif kind == 3:
            put = data[start:end] * chance.randint(2, 20)
        data = (data[:start] + put + data[end:])[:MOST_BYTES]
    return data


class Lines:
    """Which lines of mailpixel were run, by a trace. `news`: the last run reached some for the first time."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int]] = set()
        self.news = False

    def run(self, target: Callable[[bytes], None], data: bytes) -> None:
        """Run the target under the trace."""
        self.news = False
        sys.settrace(self._call)
        try:
            target(data)
        finally:
            sys.settrace(None)

    def _call(self, frame: FrameType, event: str, argument: object) -> Any:
        return self._line if "/mailpixel/" in frame.f_code.co_filename else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if place not in self._known:
            self._known.add(place)
            self.news = True
        return self._line


def search(name: str, seconds: float, seed: int = 0, guided: bool = True) -> tuple[int, list[bytes]]:
    """How many inputs were tried, and which of them reached new lines. Raises what the target raises.

    The corpus comes first, whatever time it takes. `guided` traces lines, which costs most of the time.
    """
    target, chance, lines = TARGETS[name], random.Random(seed), Lines()
    corpus, found, tried = seeds(name), [], 0
    waiting = iter(corpus[:])
    until = time.monotonic() + seconds
    while (data := next(waiting, None)) is not None or time.monotonic() < until:
        made = data if data is not None else mutated(chance.choice(corpus), corpus, chance)
        tried += 1
        try:
            lines.run(target, made) if guided else target(made)
        except BaseException:
            FOUND.mkdir(parents=True, exist_ok=True)
            (FOUND / f"{name}-broken").write_bytes(made)
            raise
        if lines.news and data is None:
            corpus.append(made)
            found.append(made)
    return tried, found


def _with_atheris(name: str, seconds: float) -> None:
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(data)
    options = [
        f"-max_total_time={seconds:.0f}",
        f"-artifact_prefix={FOUND}/",
        f"-max_len={MOST_BYTES}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], str(folder), *options], TARGETS[name])
    atheris.Fuzz()


def main(arguments: Sequence[str]) -> None:
    """Search one target, or each in turn."""
    names = [arguments[0]] if arguments else list(TARGETS)
    seconds = float(arguments[1]) if len(arguments) > 1 else 600.0
    for name in names:
        if atheris is not None:
            _with_atheris(name, seconds)
        else:
            tried, found = search(name, seconds, seed=time.time_ns())
            FOUND.mkdir(parents=True, exist_ok=True)
            kept = [
                json.dumps({"target": name, "data": base64.b64encode(each).decode()}) + "\n" for each in found
            ]
            (FOUND / f"{name}.jsonl").write_text("".join(kept))
            print(
                f"{name}: {tried:,} inputs, {len(found)} reached new lines; kept in {FOUND}/{name}.jsonl",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
