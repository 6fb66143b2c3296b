"""Signing, verifying and bulk minting, against a bare keyed HMAC of the standard library on the same cores.

The bare HMAC is `hmac.copy()`, `update` and `digest` over the text that a token signs: the quickest keyed HMAC the
standard library's `hmac` has. The bare loop makes one such HMAC for each token of a row (the token and that of
`choice_url`) and writes them in hex behind the id, in as many processes as there are cores, each reading and writing
files of its own; both sides start their processes anew.
"""

import hmac
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.lists.minted_rows import Job
from mailpixel.links.token import TokenSigner
from mailpixel.minting.run import mint_links
from tests.benchmarks.table import print_rows

CALLS, ROUNDS = 100_000, 7
SIZES = (100_000, 1_000_000)
EVERY = frozenset(TokenKind)
KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
TOKENS = 2
"""Tokens in a row of `links --merge`: the token, and that of `choice_url`."""
CORES = len(os.sched_getaffinity(0))
Row = tuple[str, str, str, str]


def seconds_of(call: Callable[[int], object]) -> float:
    """CPU seconds of so many calls, each with a number of its own."""
    started = time.process_time()
    for number in range(CALLS):
        call(number)
    return time.process_time() - started


def token_rows() -> list[Row]:
    """Sign and verify, and the bare HMAC in turn with them."""
    signer = TokenSigner(KEYRING)
    opens = [Claims(TokenKind.OPEN, "spring-2026", f"r-{n:07d}") for n in range(CALLS)]
    clicks = [Claims(TokenKind.CLICK, "spring-2026", f"r-{n:07d}", link=1 + n % 5) for n in range(CALLS)]
    series = signer.series(Claims(TokenKind.MESSAGE, "spring-2026", ""))
    tokens = [signer.sign(claims) for claims in clicks]
    forged = [token[:-22] + "A" * 22 for token in tokens]
    signed = [signer.sign(claims)[:-22].encode() for claims in opens]
    keyed, secret = hmac.new(KEYRING.keys[0].secret, digestmod="sha256"), KEYRING.keys[0].secret

    def bare(number: int) -> bytes:
        mac = keyed.copy()
        mac.update(signed[number])
        return mac.digest()

    contenders: dict[str, tuple[Callable[[int], object], str]] = {
        "bare HMAC (copy)": (bare, ""),
        "hmac.digest, one shot": (lambda n: hmac.digest(secret, signed[n], "sha256"), ""),
        "sign an open": (lambda n: signer.sign(opens[n]), "0.45"),
        "sign a click": (lambda n: signer.sign(clicks[n]), "0.45"),
        "sign in a series": (lambda n: series.token(opens[n].recipient), "0.45"),
        "verify": (lambda n: signer.verify(tokens[n], EVERY), ""),
        "refuse a forged one": (lambda n: signer.verify(forged[n], EVERY), ""),
    }
    rounds = [{name: seconds_of(call) for name, (call, _) in contenders.items()} for _ in range(ROUNDS)]
    return [
        (name, f"{CALLS / median(name, rounds):,.0f}", f"{ratio(name, rounds):.2f}", bar)
        for name, (_, bar) in contenders.items()
    ]


def median(name: str, rounds: list[dict[str, float]]) -> float:
    """The middle of the rounds."""
    return statistics.median(seconds[name] for seconds in rounds)


def ratio(name: str, rounds: list[dict[str, float]]) -> float:
    """The bare HMAC's time by a contender's, round by round."""
    return statistics.median(seconds["bare HMAC (copy)"] / seconds[name] for seconds in rounds)


def write_list(path: Path, rows: int, first: int = 0) -> None:
    """A list of recipients with a header."""
    with path.open("w") as file:
        file.write("recipient\n")
        file.writelines(f"r-{number:07d}\n" for number in range(first, first + rows))


def bare_share(path: Path) -> None:
    """Read ids, write each with its HMACs."""
    keyed = hmac.new(KEYRING.keys[0].secret, digestmod="sha256")
    with path.open() as source, path.with_suffix(".out").open("w") as sink:
        for line in source:
            recipient = line.rstrip("\n")
            macs = []
            for _ in range(TOKENS):
                mac = keyed.copy()
                mac.update(recipient.encode())
                macs.append(mac.hexdigest())
            sink.write(f"{recipient},{','.join(macs)}\n")


def bare_seconds(folder: Path, rows: int) -> float:
    """The bare loop on all cores."""
    shares = [folder / f"share-{core}.csv" for core in range(CORES)]
    for core, share in enumerate(shares):
        write_list(share, rows // CORES, core * rows // CORES)
    started = time.perf_counter()
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        list(pool.map(bare_share, shares))
    return time.perf_counter() - started


def bulk_seconds(folder: Path, rows: int) -> tuple[float, float]:
    """(seconds, peak memory in MB of the parent and its largest worker) of a list in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_links", "mint", str(folder / "list.csv")]
    write_list(folder / "list.csv", rows)
    seconds, peak_mb = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(peak_mb)


def mint(path: Path) -> None:
    """Mint a list as `mailpixel links --merge` does; print seconds and peak memory in MB."""
    started = time.perf_counter()
    with path.open("rb") as source, path.with_suffix(".out").open("wb") as sink:
        mint_links(source, sink, Job("spring-2026", "https://t.example", merge=True), KEYRING)
    seconds = time.perf_counter() - started
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(seconds, sum(peaks) / 1024)


def bulk_rows(rounds: int = 3) -> list[Row]:
    """Merge tokens for lists of two sizes, and the bare loop for the larger."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for size in SIZES:
            measured = [(bare_seconds(folder, size), *bulk_seconds(folder, size)) for _ in range(rounds)]
            bare, ours, peak_mb = (statistics.median(column) for column in zip(*measured, strict=True))
            part = statistics.median(round[0] / round[1] for round in measured)
            rows.append((f"bare loop, {size:,} rows", f"{size / bare:,.0f}", "1.00", ""))
            bar = "0.50" if size == max(SIZES) else ""
            rows.append(
                (
                    f"merge tokens, {size:,} rows, peak {peak_mb:.0f} MB",
                    f"{size / ours:,.0f}",
                    f"{part:.2f}",
                    bar,
                )
            )
    return rows


def main() -> None:
    """Print both tables."""
    print_rows("links: one core", ("what", "a second", "of a bare HMAC", "bar"), token_rows())
    print_rows(
        f"links: lists on {CORES} cores", ("what", "rows a second", "of the bare loop", "bar"), bulk_rows()
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["mint"]:
        mint(Path(sys.argv[2]))
    else:
        main()
