"""What a visitor agreed to: the purposes that an envelope names, less what the browser and the TCF string take away.

What is unknown is not granted. A TCF string takes away what it does not consent to, and everything where it cannot be
read. Without one, as in every image, nothing is taken away: `tcf` as a source says only who asked.
"""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from mailpixel.site.personal import looks_personal
from mailpixel.site.tcf import consented_purposes
from mailpixel.site_model import Site

MEASURE, IDENTIFY, SHARE, PERSONALISE = "measure", "identify", "share", "personalise"
PURPOSES = (MEASURE, IDENTIFY, SHARE, PERSONALISE)
API, GOOGLE, TCF, NONE_NEEDED = "api", "google", "tcf", "none_needed"
DECISIONS = (API, GOOGLE, TCF)
"""Sources of what a visitor said."""
SOURCES = (*DECISIONS, NONE_NEEDED)
_ONLY_MEASURE = (MEASURE,)
VERSION_CHARS = 64
"""The longest name of a wording of consent."""
TCF_PURPOSES: Mapping[str, frozenset[int]] = {
    MEASURE: frozenset({1, 8}),
    IDENTIFY: frozenset({1, 7, 8}),
    SHARE: frozenset({1, 7}),
    PERSONALISE: frozenset({1, 3, 4}),
}
"""The purposes of the TCF that each of ours needs, all of them."""


class Consent(Struct, frozen=True, gc=False):
    """The purposes in force, in the order of `PURPOSES`, where they came from, and the version of the wording."""

    purposes: tuple[str, ...]
    source: str = ""
    version: str = ""


def read_consent(sent: Mapping[str, Any], site: Site, gpc: bool) -> Consent:
    """What holds for an envelope. `gpc` is the header of the request; the envelope's own field counts as well."""
    proof = sent.get("proof")
    proof = proof if type(proof) is dict else {}
    source = proof.get("source")
    source = source if source in SOURCES else ""
    told = sent.get("consent")
    is_decision = told is not None and _is_decision(source, site)
    if told is None and not site.ask:
        told, source = [MEASURE], source or NONE_NEEDED
    granted: Collection[Any] = told if type(told) is list and not _nobody_was_asked(source, site) else ()
    if gpc or sent.get("gpc") == 1:
        granted = (MEASURE,) if MEASURE in granted and is_decision else ()
    if proof.get("tcf") is not None:
        granted = _by_tcf(granted, proof["tcf"])
    return Consent(
        tuple(word for word in PURPOSES if word in granted), source, _version(proof.get("version"))
    )


def _nobody_was_asked(source: str, site: Site) -> bool:
    """Whether a script from before the site asked says yes by itself: browsers keep a script for an hour."""
    return site.ask and source == NONE_NEEDED


def _is_decision(source: str, site: Site) -> bool:
    """Whether a yes from this source is the visitor's own: that alone holds in a browser that says no to all.

    Where nobody has to be asked, a yes without a source is no more than what holds there from the start, and saying
    nothing is no yes.
    """
    return source in DECISIONS or (site.ask and source == "")


def _by_tcf(granted: Collection[Any], text: object) -> Collection[Any]:
    allowed = consented_purposes(text)
    return [word for word, needed in TCF_PURPOSES.items() if word in granted and needed <= allowed]


def _version(version: object) -> str:
    fits = type(version) is str and len(version) <= VERSION_CHARS and not looks_personal(version)
    return version if fits else ""  # type: ignore[return-value]
