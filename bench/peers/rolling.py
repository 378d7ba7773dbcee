"""What dashboards do: z-scores over 28 days, a ratio of 7 to 28 days, and the EARS family of public health."""

from __future__ import annotations

import numpy as np

from bench.peers.windows import Floats, mean_and_sd, total
from bench.streams import Streams

MONTH, LEAST = 28, 14
_FLOOR = 0.2


def z_sentiment(streams: Streams) -> Floats:
    """Standard deviations by which a day's mean sentiment lies below that of the 28 days before."""
    mean, sd = mean_and_sd(streams.sentiment, MONTH, 1, least=7)
    return np.nan_to_num((mean - streams.sentiment) / np.maximum(sd, 0.01))


def z_negatives(streams: Streams) -> Floats:
    """Standard deviations by which a day's negatives exceed those of the 28 days before."""
    mean, sd = mean_and_sd(streams.y, MONTH, 1, least=LEAST)
    return np.nan_to_num((streams.y - mean) / np.maximum(sd, _FLOOR))


def ratio(streams: Streams) -> Floats:
    """Negative share of 7 days by that of the 28 before, if the week has ten reviews or more."""
    week_n, week_y = total(streams.n, 7), total(streams.y, 7)
    month_n, month_y = total(streams.n, MONTH, 7), total(streams.y, MONTH, 7)
    usual = np.maximum(month_y, 1) / np.maximum(month_n, 1)
    found: Floats = np.where((week_n >= 10) & (month_n >= 10), week_y / np.maximum(week_n, 1) / usual, 0.0)
    return found


def ears_c1(streams: Streams) -> Floats:
    """Deviations from the seven days before."""
    return _ears(streams.y, 1)


def ears_c2(streams: Streams) -> Floats:
    """Deviations from the seven days that end three days before."""
    return _ears(streams.y, 3)


def ears_c3(streams: Streams) -> Floats:
    """What the C2 of three days have above one."""
    return total(np.maximum(ears_c2(streams) - 1, 0), 3)


def _ears(y: Floats, ago: int) -> Floats:
    mean, sd = mean_and_sd(y, 7, ago, least=7, ddof=1)
    return np.nan_to_num((y - mean) / np.maximum(sd, _FLOOR))
