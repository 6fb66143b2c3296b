"""What mailpixel is made of: licences, releases and advisories of its packages, and a bill of materials in CycloneDX.

`scripts/supply [FILE.json]` writes the bill, prints a table of the run-time packages, and fails for a licence that is
not in `FREE`, for a package without a release in two years that `OLD` does not explain, and for a known advisory.
"""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = "mailpixel"
EXTRAS = ("", "relay", "django", "parquet", "webhooks", "inbound", "otel")
FREE = re.compile("(MIT|BSD|3-Clause BSD|Apache|PSF|ISC|MPL-2|Mozilla Public License 2|Public Domain)")
"""How the licences begin that let mailpixel be used, changed and sold as its own does."""
TWO_YEARS = timedelta(days=731)
OLD = {
    "aiosmtpd": "the SMTP server of the relay alone; finished, and kept by the aio-libs team",
    "click-default-group": "100 lines around click; used by sqlite-utils",
    "itsdangerous": "finished: signs by HMAC of the standard library, and kept by the Pallets team",
    "mdurl": "finished: 600 lines that read URLs for markdown-it-py",
    "sqlite-fts4": "60 lines; used by sqlite-utils for an index that mailpixel does not make",
    "user-agents": "400 lines over the rules of ua-parser, off the request path; it knows no device by itself",
}
"""Run-time packages that may be without a release in two years, and why that does no harm."""
AUDIT = Path(".cache/audit/bin/pip-audit")
FEED = "https://pypi.org/simple/{}/"
KIND = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, slots=True)
class Part:
    """A run-time package. `released` is when its newest version was, None where no feed says it."""

    name: str
    version: str
    licence: str
    released: datetime | None

    def problems(self, now: datetime) -> Iterator[str]:
        """What is wrong with it."""
        if not FREE.match(self.licence):
            yield f"{self.name}: the licence {self.licence!r} is not in the list; read it"
        if self.released and now - self.released > TWO_YEARS and self.name not in OLD:
            yield f"{self.name}: no release since {self.released:%Y-%m-%d}; replace it, or say why it does no harm"


def run_time() -> dict[str, Distribution]:
    """Every installed package that mailpixel or one of its extras needs, by name."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(OURS, EXTRAS)]
    while waiting:
        name, extras = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        for text in package.requires or ():
            needed = Requirement(text)
            wanted = not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
            key = canonicalize_name(needed.name)
            if wanted and key not in found:
                waiting.append((key, ("", *needed.extras)))
        found[canonicalize_name(name)] = package
    del found[OURS]
    return dict(sorted(found.items()))


def licence_of(package: Distribution) -> str:
    """The licence: its expression, else its classifier, else its first line."""
    said = package.metadata
    if "License-Expression" in said:
        return str(said["License-Expression"])
    classified = [each for each in said.get_all("Classifier") or () if each.startswith("License :: ")]
    names = [each.rpartition(" :: ")[2].replace("OSI Approved", "").strip() for each in classified]
    return ", ".join(filter(None, names)) or (str(said["License"] or "") or "unknown").splitlines()[0]


def released(name: str) -> datetime | None:
    """When the newest file of a package was uploaded; None where the feed does not answer."""
    request = urllib.request.Request(FEED.format(name), headers={"accept": KIND})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            files = json.load(answer)["files"]
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None
    times = [datetime.fromisoformat(each["upload-time"]) for each in files if each.get("upload-time")]
    return max(times, default=None)


def parts() -> list[Part]:
    """The run-time packages."""
    return [
        Part(name, package.version, licence_of(package), released(name))
        for name, package in run_time().items()
    ]


def bill(now: datetime) -> dict[str, Any]:
    """The bill of materials: everything that is installed; what only tests need has the scope `excluded`."""
    needed = run_time()
    components = []
    for package in distributions():
        name = canonicalize_name(package.metadata["Name"])
        if name == OURS:
            continue
        components.append(
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{package.version}",
                "name": name,
                "version": package.version,
                "purl": f"pkg:pypi/{name}@{package.version}",
                "scope": "required" if name in needed else "excluded",
                "licenses": [{"license": {"name": licence_of(package)}}],
            }
        )
    components.sort(key=lambda each: str(each["bom-ref"]))
    ours = distribution(OURS)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "component": {"type": "application", "bom-ref": OURS, "name": OURS, "version": ours.version,
                          "licenses": [{"license": {"id": "MIT"}}]},
        },
        "components": components,
        "dependencies": [
            {"ref": OURS, "dependsOn": [f"pkg:pypi/{name}@{each.version}" for name, each in needed.items()]}
        ],
    }  # fmt: skip


def advisories(lock: Path) -> tuple[int, str]:
    """How pip-audit ended for the lock, and what it said; 0 and why where it is not installed."""
    if not AUDIT.exists():
        return 0, "not looked up: pip-audit is not installed in .cache/audit"
    command = [str(AUDIT), "-r", str(lock), "--disable-pip", "--require-hashes"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    unknown = (done.stdout + done.stderr).count("could not be audited")
    said = done.stdout.strip() or done.stderr.strip().splitlines()[0]
    vulnerable = "known vulnerabilit" in done.stderr and "No known vulnerabilities" not in done.stderr
    return int(
        vulnerable
    ), f"{unknown} packages are not known to the feed. {said[:4_000] if vulnerable else 'None known.'}"


def main(arguments: list[str]) -> int:
    """Write and print everything; 1 where something is wrong."""
    now = datetime.now(UTC)
    target = Path(arguments[0] if arguments else ".cache/sbom.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill(now), indent=1) + "\n")
    found = parts()
    for each in found:
        when = f"{each.released:%Y-%m-%d}" if each.released else "no feed"
        old = each.released is not None and now - each.released > TWO_YEARS
        print(
            f"{each.name:32} {each.version:12} {when:12} {each.licence[:40]:40} {OLD.get(each.name, '') if old else ''}"
        )
    failed, said = advisories(Path("scripts/lock.txt"))
    problems = [problem for each in found for problem in each.problems(now)]
    if not any(each.released for each in found):
        print("\nreleases: not looked up, because the feed does not answer")
    print(f"\nadvisories: {said}\nbill of materials: {target}", *problems, sep="\n")
    return 1 if problems or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
