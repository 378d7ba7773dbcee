"""Bayesian online changepoint detection (Adams and MacKay 2007) for counts and for the share, with conjugate priors.

A change on a day means that this day already follows the new law, so that a jump can be seen at once. The score is the
log odds (base 10) that the present run began within the last three days.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import betaln, gammaln

from bench.peers.windows import Floats, mean_and_sd, total
from bench.streams import Streams

_HAZARD = 1 / 500
_LONGEST = 120
_RECENT = 3
# A share drifts, so no run knows it better than this many reviews do.
_INFORMATION_CAP = 150.0
_FIRST_SCORED = 30
LOWEST = -20.0
Predict = Callable[[int, Floats, Floats], Floats]


def counts(streams: Streams) -> Floats:
    """Changes of the mean of negative binomial negatives, whose size comes from the 56 days before."""
    y = streams.y
    mean, sd = mean_and_sd(y, 56, 4, least=14)
    mean, sd = np.nan_to_num(mean, nan=1.0), np.nan_to_num(sd, nan=1.0)
    size = np.clip(mean**2 / np.maximum(sd**2 - mean, 1e-9), 3.0, 50.0)
    usual = (total(y, 180, 4) + 0.5) / (np.clip(np.arange(1, y.shape[1] + 1) - 4, 1, 180) + 1)

    def predict(day: int, seen: Floats, days: Floats) -> Floats:
        # A new run is worth half a day of the usual count.
        a = seen + 0.5 * usual[:, day, None] + 0.05
        expected = a / (days + 0.5)
        r = 1 / (1 / size[:, day, None] + 1 / a)
        x = y[:, day, None]
        log_p: Floats = (
            gammaln(x + r) - gammaln(r) - gammaln(x + 1) + r * np.log(r / (r + expected))
            + x * np.log(expected / (r + expected))
        )  # fmt: skip
        return log_p

    return _run(y, np.ones(y.shape), predict)


def share(streams: Streams) -> Floats:
    """Changes of the negative share, beta-binomial."""
    n, y = streams.n, streams.y

    def predict(day: int, seen: Floats, reviews: Floats) -> Floats:
        a, b = seen + 1.0, reviews - seen + 3.0
        known = np.minimum(1.0, _INFORMATION_CAP / (a + b))
        a, b = a * known, b * known
        x, of = y[:, day, None], n[:, day, None]
        log_p: Floats = betaln(a + x, b + of - x) - betaln(a, b)
        return log_p

    return _run(y, n, predict)


def rises(streams: Streams, changes: Floats) -> Floats:
    """The scores of `share` on days whose last three have a higher share than the 56 before: praise set aside."""
    recent = total(streams.y, 3) / np.maximum(total(streams.n, 3), 1)
    usual = total(streams.y, 56, 3) / np.maximum(total(streams.n, 56, 3), 1)
    return np.where(recent > usual, changes, LOWEST)


def _run(y: Floats, exposure: Floats, predict: Predict) -> Floats:
    series, days = y.shape
    log_run = np.full((series, _LONGEST), -np.inf)
    log_run[:, -1] = 0.0
    seen, exposed = np.zeros((series, _LONGEST)), np.zeros((series, _LONGEST))
    found = np.full((series, days), LOWEST)
    for day in range(days):
        log_run = _aged(log_run)
        seen[:, 1:], exposed[:, 1:] = _shifted(seen), _shifted(exposed)
        seen[:, 0], exposed[:, 0] = 0.0, 0.0
        log_run += predict(day, seen, exposed)
        log_run -= log_run.max(axis=1)[:, None]
        if day >= _FIRST_SCORED:
            recent, older = log_run[:, :_RECENT], log_run[:, _RECENT:]
            odds = np.logaddexp.reduce(recent, axis=1) - np.logaddexp.reduce(older, axis=1)
            found[:, day] = odds / np.log(10)
        seen += y[:, day, None]
        exposed += exposure[:, day, None]
    return found


def _aged(log_run: Floats) -> Floats:
    """One day older; column 0 is a run that begins today, the last column everything longer."""
    everything = np.logaddexp.reduce(log_run, axis=1)
    older = np.empty(log_run.shape)
    older[:, 1:] = log_run[:, :-1]
    older[:, -1] = np.logaddexp(log_run[:, -2], log_run[:, -1])
    older += np.log1p(-_HAZARD)
    older[:, 0] = everything + np.log(_HAZARD)
    return older


def _shifted(sums: Floats) -> Floats:
    """Sums of the runs by their new age; the longest keep the sums of the longest."""
    shifted = sums[:, :-1].copy()
    shifted[:, -1] = sums[:, -1]
    return shifted
