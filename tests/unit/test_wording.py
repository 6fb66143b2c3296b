"""The open rate in one sentence."""

import pytest

from mailpixel.report.estimate import Estimate, OpenRateRange
from mailpixel.report.wording import range_note, range_sentence, rate_text


def rates(low: float | None, high: float | None, *values: tuple[float, float, float] | None) -> OpenRateRange:
    names = ("extrapolation", "click_ratio")
    estimates = [
        Estimate(name, *(value or (None, None, None)))  # type: ignore[arg-type]
        for name, value in zip(names, values or (None, None), strict=True)
    ]
    return OpenRateRange(low, high, estimates)


CASES = [
    (rates(None, None), "How many read it is not known yet", ""),
    (
        rates(0.25, 0.69, (0.41, 0.4, 0.42), (0.412, 0.38, 0.45)),
        "Between 25 % and 69 % read it, probably about 41 %",
        "",
    ),
    (
        rates(0.46, 0.75, (0.633, 0.6326, 0.6329), (0.629, 0.6258, 0.6318)),
        "Between 46 % and 75 % read it, probably about 63 %",
        "",
    ),
    (
        rates(0.24, 0.72, (0.3, 0.274, 0.328), (0.72, 0.522, 0.72)),
        "Between 24 % and 72 % read it",
        "The estimates disagree, so only the range is certain.",
    ),
    (
        rates(0.24, 0.72, (0.3, 0.274, 0.328), None),
        "Between 24 % and 72 % read it",
        "Too few people opened and clicked for two estimates, so only the range is certain.",
    ),
    (rates(0.334, 0.334), "33 % are known to have read it", ""),
    (rates(0.0, 0.0), "0 % are known to have read it", ""),
    (
        rates(0.2501, 0.2502),
        "About 25 % read it",
        "Too few people opened and clicked for two estimates, so only the range is certain.",
    ),
    (
        rates(0.0001, 0.004),
        "Between less than 0.1 % and 0.4 % read it",
        "Too few people opened and clicked for two estimates, so only the range is certain.",
    ),
]


@pytest.mark.parametrize(("found", "sentence", "note"), CASES)
def test_the_open_rate_in_one_sentence(found: OpenRateRange, sentence: str, note: str) -> None:
    assert (range_sentence(found).replace("\xa0", " "), range_note(found)) == (sentence, note)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (None, "not known"),
        (0.0, "0 %"),
        (0.00001, "less than 0.1 %"),
        (0.0005, "0.1 %"),
        (0.047, "4.7 %"),
        (0.05, "5 %"),
        (0.0996, "10 %"),
        (0.25, "25 %"),
        (0.9999, "more than 99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_rate_never_rounds_to_nobody_or_everybody(rate: float | None, text: str) -> None:
    assert rate_text(rate).replace("\xa0", " ") == text
