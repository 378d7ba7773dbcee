"""Every other method by the name it has in the table, with the threshold it is usually run at."""

from __future__ import annotations

from collections.abc import Callable

from bench.peers import changepoint, control, decomposition, farrington, rolling, scans
from bench.peers.windows import Floats
from bench.streams import Streams

CLAIRVOYANT = "clairvoyant"


def _changes(streams: Streams) -> dict[str, Floats]:
    changes = changepoint.share(streams)
    return {"BOCPD share": changes, "BOCPD share, rises only": changepoint.rises(streams, changes)}


def _one(name: str, method: Callable[[Streams], Floats]) -> Callable[[Streams], dict[str, Floats]]:
    return lambda streams: {name: method(streams)}


# What is computed together stands together.
FAMILIES: dict[str, Callable[[Streams], dict[str, Floats]]] = {
    "z mean sentiment": _one("z mean sentiment", rolling.z_sentiment),
    "z negatives": _one("z negatives", rolling.z_negatives),
    "7d/28d ratio": _one("7d/28d ratio", rolling.ratio),
    "EARS C1": _one("EARS C1", rolling.ears_c1),
    "EARS C2": _one("EARS C2", rolling.ears_c2),
    "EARS C3": _one("EARS C3", rolling.ears_c3),
    "median/MAD": _one("median/MAD", decomposition.median_mad),
    "trend interval": _one("trend interval", decomposition.trend_interval),
    "spectral residual": _one("spectral residual", decomposition.spectral_residual),
    "NB-CUSUM": _one("NB-CUSUM", control.nb_cusum),
    "binomial CUSUM": _one("binomial CUSUM", control.binomial_cusum),
    "binomial CUSUM x3": _one("binomial CUSUM x3", control.binomial_cusum_tripled),
    "GLR-NB": _one("GLR-NB", control.glr_nb),
    "GLR-NB, short guard": _one("GLR-NB, short guard", control.glr_nb_short),
    "Farrington counts": _one("Farrington counts", farrington.counts),
    "Farrington offset": _one("Farrington offset", farrington.offset),
    "BOCPD counts": _one("BOCPD counts", changepoint.counts),
    "BOCPD share": _changes,
    "reference scan": scans.reference,
    CLAIRVOYANT: _one(CLAIRVOYANT, scans.clairvoyant),
}
DEFAULTS: dict[str, float] = {
    "z mean sentiment": 3.0, "z negatives": 3.0, "7d/28d ratio": 1.5, "EARS C1": 3.0, "EARS C2": 3.0, "EARS C3": 2.0,
    "median/MAD": 3.0, "trend interval": 2.576, "spectral residual": 3.0, "NB-CUSUM": 4.0, "binomial CUSUM": 4.0,
    "binomial CUSUM x3": 4.0, "GLR-NB": 6.0, "GLR-NB, short guard": 6.0, "Farrington counts": 2.576,
    "Farrington offset": 2.576, "BOCPD counts": 0.0, "BOCPD share": 0.0, "BOCPD share, rises only": 0.0,
    scans.SHARE_ONLY: 3.7, scans.COUNT_ONLY: 3.7, scans.JOINT: 3.7, CLAIRVOYANT: 3.7,
}  # fmt: skip
