"""What monitoring tools do: decomposition with median and MAD, a Gaussian interval, spectral residual."""

from __future__ import annotations

import numpy as np

from bench.peers.windows import Floats
from bench.streams import Streams

_STL_DAYS, _STL_FLOOR = 84, 0.5
_TREND_DAYS, _INTERVAL_FLOOR = 180, 0.3
_LEAST = 56
_SPECTRUM_DAYS, _SMOOTH = 64, 3


def median_mad(streams: Streams) -> Floats:
    """Robust deviations of a day's negatives from the level and weekday effects of 84 days (S-H-ESD without refit)."""
    y = streams.y
    found = np.zeros(y.shape)
    for day in range(_STL_DAYS, y.shape[1]):
        past = y[:, day - _STL_DAYS : day].reshape(len(y), -1, 7)  # column 0 has the tested weekday
        level = np.median(past.reshape(len(y), -1), axis=1)
        effect = past.mean(axis=1) - level[:, None]
        rest = (past - effect[:, None, :]).reshape(len(y), -1)
        mad = 1.4826 * np.median(np.abs(rest - np.median(rest, axis=1)[:, None]), axis=1)
        found[:, day] = (y[:, day] - level - effect[:, 0]) / np.maximum(mad, _STL_FLOOR)
    return found


def trend_interval(streams: Streams) -> Floats:
    """Deviations from a straight line with weekday effects, fitted to 180 days: Prophet's idea without priors."""
    y = streams.y
    found = np.zeros(y.shape)
    for day in range(_LEAST, y.shape[1]):
        past = np.arange(max(day - _TREND_DAYS, 0), day)
        x = np.column_stack([past[:, None] % 7 == np.arange(7), (past - day) / _TREND_DAYS]).astype(np.float64)
        fit = np.linalg.pinv(x) @ y[:, past].T
        rest = y[:, past] - (x @ fit).T
        sd = np.sqrt((rest**2).sum(axis=1) / (len(past) - x.shape[1]))
        found[:, day] = (y[:, day] - fit[day % 7]) / np.maximum(sd, _INTERVAL_FLOOR)
    return found


def spectral_residual(streams: Streams) -> Floats:
    """Saliency of the last of 64 days against their mean saliency (Ren et al. 2019, without the network)."""
    y = streams.y
    found = np.zeros(y.shape)
    kernel = np.ones(_SMOOTH) / _SMOOTH
    for day in range(_SPECTRUM_DAYS - 1, y.shape[1]):
        spectrum = np.fft.fft(y[:, day - _SPECTRUM_DAYS + 1 : day + 1], axis=1)
        log = np.log(np.maximum(np.abs(spectrum), 1e-8))
        smooth = np.apply_along_axis(np.convolve, 1, log, kernel, mode="same")
        saliency = np.abs(np.fft.ifft(np.exp(log - smooth + 1j * np.angle(spectrum)), axis=1))
        mean = saliency.mean(axis=1)
        found[:, day] = (saliency[:, -1] - mean) / np.maximum(mean, 1e-8)
    return found
