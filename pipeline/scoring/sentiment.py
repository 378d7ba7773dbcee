"""From the model's distribution over five stars to a label, probabilities, and the flag that alarms count.

The cut-offs were fitted on development parts of the training mix and belong to the weights: they lie in the model's
`leumund.json`, not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.review import Label


@dataclass(frozen=True)
class Cuts:
    """Cut-offs on the expected stars (1-5).

    Below `negative` a text is called negative, above `positive` positive. `alarm` is the cut of `is_negative`, by
    language with "" for all others; it is chosen for the recall of negatives, not for the best three classes.
    `temperature` widens (> 1) or narrows the distribution before anything else. `confidence` holds, by language, points
    (the label's own probability, how often such labels were right), ascending; between them it is linear. Without
    points the probability itself is the confidence. `star_temperature` narrows the distribution before its middle is
    taken as the stars; without it the stars are the expected ones.
    """

    negative: float
    positive: float
    alarm: Mapping[str, float]
    temperature: Mapping[str, float]
    confidence: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    star_temperature: float | None = None


@dataclass(frozen=True)
class Sentiment:
    """What one distribution means. `p_neg` + `p_neu` + `p_pos` = 1; `polarity` = p_pos - p_neg; `stars` in 1-5."""

    label: Label
    is_negative: bool
    stars: float
    p_neg: float
    p_neu: float
    p_pos: float
    confidence: float

    @property
    def polarity(self) -> float:
        """P(positive) - P(negative), in [-1, 1]."""
        return self.p_pos - self.p_neg


def read(stars: Sequence[float], language: str | None, cuts: Cuts) -> Sentiment:
    """The sentiment of a distribution over one to five stars."""
    spread = _tempered(stars, cuts.temperature.get(language or "", cuts.temperature.get("", 1.0)))
    expected = sum(place * share for place, share in enumerate(spread, start=1))
    p_neg, p_neu, p_pos = spread[0] + spread[1], spread[2], spread[3] + spread[4]
    label: Label = "neutral"
    if expected < cuts.negative:
        label = "negative"
    elif expected > cuts.positive:
        label = "positive"
    own = {"negative": p_neg, "neutral": p_neu, "positive": p_pos}[label]
    points = cuts.confidence.get(language or "", cuts.confidence.get("", ()))
    alarm = cuts.alarm.get(language or "", cuts.alarm.get("", cuts.negative))
    middle = expected if cuts.star_temperature is None else middle_stars(_tempered(stars, cuts.star_temperature))
    return Sentiment(label, expected < alarm, middle, p_neg, p_neu, p_pos, interpolated(own, points))


def middle_stars(spread: Sequence[float]) -> float:
    """The median of a distribution over one to five stars, each star spread evenly half a star to both sides.

    Of all figures it is on average the one nearest to stars drawn from that distribution; the expected stars (the
    mean) shy away from both ends.
    """
    below = 0.0
    for star, share in enumerate(spread, start=1):
        if below + share >= 0.5:
            return min(5.0, max(1.0, star - 0.5 + (0.5 - below) / share))
        below += share
    return 5.0


def interpolated(value: float, points: Sequence[tuple[float, float]]) -> float:
    """`value` on the line through ascending points; the ends hold beyond them, and without points it stays."""
    if not points:
        return value
    return float(np.interp(value, [x for x, _ in points], [y for _, y in points]))


def _tempered(stars: Sequence[float], temperature: float) -> list[float]:
    if temperature == 1.0:
        return [float(share) for share in stars]
    powers = [max(float(share), 1e-12) ** (1 / temperature) for share in stars]
    return [power / sum(powers) for power in powers]
