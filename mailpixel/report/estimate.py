"""Estimates how many people opened, although some mail programs fetch every image unseen.

Only a floor and a ceiling are certain. Between them lie two estimates with different assumptions:

- `extrapolation`: recipients behind a privacy prefetch open as often as the others do.
- `click_ratio`: they click as often after opening as the others do, so their clicks show how many opened.

Their 95 % intervals cover chance only: the error from counting only some recipients, if the assumption holds. They do
not cover errors of the assumption, so on large campaigns they are much narrower than the real uncertainty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal, overload

from mailpixel.report.answer import Answer, Share

CLOSE = 0.02
"""Rates this close agree, whatever their intervals: no assumption here is exact to two percentage points."""

Z = 1.959963984540054
"""Standard deviations on either side of the mean that contain 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The numbers of messages that the estimates need.

    `tracked` is the denominator of the open rate. `privacy` counts messages with a privacy prefetch, `trackable` those
    without.
    """

    tracked: int
    privacy: int
    privacy_only: int
    """A privacy prefetch and no human open."""
    openers: int
    """A human open."""
    trackable_openers: int
    """A human open and no privacy prefetch: O_T."""
    trackable_clickers: int
    """Of these, with a human click: C_T."""
    privacy_clickers: int
    """A privacy prefetch and a human click: C_M."""
    hidden_clickers: int
    """Of these, without a human open."""
    inferred: int
    """A human click and no human open, privacy prefetch or not."""

    @property
    def trackable(self) -> int:
        """Messages whose opens show: D_T."""
        return self.tracked - self.privacy

    @property
    def floor(self) -> int:
        """Certain openers: messages with a human open or a human click, because a click requires an open."""
        return self.openers + self.inferred

    @property
    def ceiling(self) -> int:
        """The floor plus every message whose privacy prefetch may hide a reader."""
        return self.floor + max(self.privacy_only - self.hidden_clickers, 0)


Method = Literal["extrapolation", "click_ratio"]


class Estimate(Answer, frozen=True):
    """The open rate by one method, with a 95 % interval that covers chance only; null when the data do not allow it.

    Until `rate` divides it, the same of a number of openers.
    """

    method: Method
    value: Share | None
    low: Share | None
    high: Share | None

    def within(self, low: float, high: float) -> "Estimate":
        """The same, limited to the certain floor and ceiling."""
        if self.value is None or self.low is None or self.high is None:
            return self
        value, least, most = (min(max(number, low), high) for number in (self.value, self.low, self.high))
        return Estimate(self.method, value, least, most)

    def rate(self, denominator: int) -> "Estimate":
        """The same as a share of `denominator`."""
        if self.value is None or self.low is None or self.high is None:
            return self
        value, low, high = (rounded(number / denominator) for number in (self.value, self.low, self.high))
        return Estimate(self.method, value, low, high)


def extrapolation(audience: Audience) -> Estimate:
    """Openers, if those behind a privacy prefetch open as often as the others: D * O_T / D_T.

    The interval is Wilson's for the rate of the others, applied to the hidden messages.
    """
    watched, openers = audience.trackable, audience.trackable_openers
    if watched <= 0 or openers > watched:
        return Estimate("extrapolation", None, None, None)
    rates = (openers / watched, *wilson(openers, watched))
    return Estimate("extrapolation", *(openers + audience.privacy * rate for rate in rates))


def hidden_openers(audience: Audience) -> Estimate:
    """Openers behind a privacy prefetch, if they click as often after opening as the others: C_M * O_T / C_T.

    The interval is normal in the logarithm, with variance 1/C_M + 1/C_T - 1/O_T: C_M is a count (Poisson),
    C_T a share of O_T (binomial). With no click behind the prefetch, the upper end is that of half a click.
    """
    openers, clickers = audience.trackable_openers, audience.trackable_clickers
    if not 0 < clickers <= openers:
        return Estimate("click_ratio", None, None, None)
    value = audience.privacy_clickers * openers / clickers
    counted = audience.privacy_clickers or 0.5
    factor = exp(Z * sqrt(1 / counted + 1 / clickers - 1 / openers))
    return Estimate("click_ratio", value, value / factor, counted * openers / clickers * factor)


def click_ratio(audience: Audience) -> Estimate:
    """Openers: the certain ones, plus the hidden ones estimated from their clicks."""
    hidden = hidden_openers(audience)
    if hidden.value is None or hidden.low is None or hidden.high is None:
        return hidden
    shown = audience.trackable_openers + audience.inferred - audience.hidden_clickers
    return Estimate("click_ratio", shown + hidden.value, shown + hidden.low, shown + hidden.high)


METHODS: Mapping[Method, Callable[[Audience], Estimate]] = {
    "extrapolation": extrapolation,
    "click_ratio": click_ratio,
}


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share of `trials`, within 0 and 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    share = hits / trials
    middle = share + Z * Z / (2 * trials)
    reach = Z * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    low, high = (middle - reach) / scale, (middle + reach) / scale
    return (low if hits else 0.0), (high if hits < trials else 1.0)


class OpenRateRange(Answer, frozen=True):
    """The range of the human open rate, and the estimate of each method. Null: unknown."""

    low: Share | None
    high: Share | None
    estimates: list[Estimate]

    @property
    def agree(self) -> bool | None:
        """Whether the estimates lie within `CLOSE` of one another, or their intervals overlap.

        If so, a single number is fair; otherwise only the range is. None unless there are two estimates.
        """
        values = [estimate.value for estimate in self.estimates if estimate.value is not None]
        lows = [estimate.low for estimate in self.estimates if estimate.low is not None]
        highs = [estimate.high for estimate in self.estimates if estimate.high is not None]
        if len(values) < 2:
            return None
        return round(max(values) - min(values), 9) <= CLOSE or max(lows) <= min(highs)


def open_rate_range(audience: Audience | None) -> OpenRateRange:
    """The range as shares of `audience.tracked`. All None when that is unknown, 0 or below the certain openers."""
    if audience is None or audience.tracked <= 0 or audience.floor > audience.tracked:
        return OpenRateRange(None, None, [Estimate(name, None, None, None) for name in METHODS])
    tracked, floor = audience.tracked, audience.floor
    ceiling = min(audience.ceiling, tracked)
    estimates = [method(audience).within(floor, ceiling).rate(tracked) for method in METHODS.values()]
    return OpenRateRange(rounded(floor / tracked), rounded(ceiling / tracked), estimates)


@overload
def rounded(rate: float) -> float: ...
@overload
def rounded(rate: float | None) -> float | None: ...
def rounded(rate: float | None) -> float | None:
    """A rate to six decimals: one message in a million shows."""
    return None if rate is None else round(rate, 6)
