"""Farrington Flexible of public health, by day: quasi-Poisson with weekdays and trend, past outbreaks down-weighted.

After Noufaily et al. 2013 (Stat Med 32:1206), with 26 weeks for the five years that a review stream does not have, a
week of guard, and the negative binomial of the fitted mean and dispersion as predictive distribution.
"""

from __future__ import annotations

import numpy as np

from bench.peers.windows import Floats
from bench.streams import Streams
from pipeline.reputation.tails import negative_binomial

_DAYS, _GUARD = 182, 7
_OUTLIER = 2.58
_STEPS, _ROUNDS = 4, 2
_TRACE = 0.1


def counts(streams: Streams) -> Floats:
    """-log10 of the tail of a day's negatives."""
    return _scan(streams, np.ones(streams.y.shape))


def offset(streams: Streams) -> Floats:
    """-log10 of the tail of a day's negatives, given its reviews."""
    return _scan(streams, streams.n)


def _scan(streams: Streams, exposure: Floats) -> Floats:
    y, scored = streams.y, streams.scored
    found = np.zeros(y.shape)
    for day in np.flatnonzero(scored.any(axis=0)).tolist():
        rows = np.flatnonzero(scored[:, day] & (y[:, day] > 0) & (exposure[:, day] > 0))
        past = np.arange(max(day - _GUARD - _DAYS, 0), day - _GUARD)
        now = np.append(past, day)
        weekday = now[:, None] % 7 == np.arange(7)
        x = np.column_stack([weekday, (now - day) / _DAYS]).astype(np.float64)
        of = exposure[rows]
        mean, phi = _predict(y[rows][:, past], of[:, past], x[:-1], x[-1], of[:, day])
        variance = np.maximum(phi * mean, 1.001 * mean)
        tail = negative_binomial(y[rows, day], mean, variance)
        found[rows, day] = np.where(y[rows, day] > mean, -np.log10(tail), 0.0)
    return found


def _predict(y: Floats, exposure: Floats, x: Floats, now: Floats, exposed: Floats) -> tuple[Floats, Floats]:
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    there = exposure > 0
    weight = there.astype(np.float64)
    rate = (y.sum(axis=1) + 0.1) / np.maximum(exposure.sum(axis=1), 1)
    beta = np.zeros((len(y), x.shape[1]))
    beta[:, :7] = np.log(rate)[:, None]
    phi = np.ones(len(y))
    for _ in range(_ROUNDS):
        beta = _fit(y, exposure, weight, x, products, beta, np.log(rate))
        mean = np.maximum(exposure * np.exp(np.clip(beta @ x.T, -12, 12)), 1e-9)
        degrees = np.maximum(weight.sum(axis=1) - x.shape[1], 1)
        phi = np.maximum((weight * (y - mean) ** 2 / mean).sum(axis=1) / degrees, 1.0)
        root = np.cbrt(mean)
        residual = 1.5 * (np.cbrt(y) ** 2 - root**2) / np.sqrt(root * phi[:, None])
        weight = there / np.where(residual > _OUTLIER, residual, 1.0) ** 2
    highest = (y / np.maximum(exposure, 1)).max(axis=1)
    # As the original: no forecast above what was ever seen.
    expected = np.minimum(np.exp(np.clip(beta @ now, -12, 12)), np.maximum(highest, rate))
    return np.maximum(expected * exposed, 1e-6), phi


def _fit(
    y: Floats, exposure: Floats, weight: Floats, x: Floats, products: Floats, beta: Floats, level: Floats
) -> Floats:
    size = x.shape[1]
    # Weekdays without any negative have no finite logarithm: a trace of the common level stands in.
    centre = np.concatenate([np.repeat(level[:, None], 7, axis=1), np.zeros((len(y), 1))], axis=1)
    for _ in range(_STEPS):
        mean = exposure * np.exp(np.clip(beta @ x.T, -12, 12))
        information = ((weight * mean) @ products).reshape(-1, size, size) + np.eye(size) * _TRACE
        gradient = (weight * (y - mean)) @ x - _TRACE * (beta - centre)
        beta = beta + np.clip(np.linalg.solve(information, gradient[:, :, None])[:, :, 0], -1.5, 1.5)
    return beta
