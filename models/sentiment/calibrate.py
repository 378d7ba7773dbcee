"""Fits temperature and cut-offs of an exported model on texts it never saw, and measures them on others.

    python models/sentiment/calibrate.py CORPUS_FOLDER [--model models/sentiment] [--write]

The held-out rows of mix.toml are halved by the checksum of their ids: on one half, by language, the temperature is
chosen that makes the probabilities likeliest, then the cut-offs of the three labels (best macro-F1, one pair for all
languages), the alarm cut (the greatest recall of negatives with few of 4 and 5 stars called negative), and the share of
labels of a given probability that is right (one curve, which each language bends). The other half gives the figures
that are printed: recall and false rate. The expected calibration error of `confidence` over 15 bins of equal mass is
that of both halves, each read with what was fitted on the other. `--write` stores what was fitted in leumund.json.
Needs duckdb and the corpus; no torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from mix import read_mix
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from pipeline.scoring import sentiment
from pipeline.scoring.engine import Engine
from pipeline.text.clean import clean

HERE = Path(__file__).resolve().parent
LANGUAGES = ("de", "en", "fr", "es", "it", "nl", "pt")
# Texts a set and language, in their natural mix of stars: no large set decides alone. Languages with few sets take more
# of each: with a hundred texts a bin, chance alone makes an error of .03.
CAP, CAP_FEW_SETS = 800, 3_000
MANY_SETS = ("de", "en")
# Players and film critics write otherwise than customers do; they must not move the cut that alarms rest on.
OTHER_WORLDS = ("steam_datasci2025", "steam_gunba", "metacritic_user", "imdb", "sst", "mr_cr")
FALSE_RATE = 0.025
# Some five-star texts are complaints in truth. Below the first cut a plain complaint would pass for their sake; above
# the second, what is half praise would alarm.
LOWEST_ALARM, HIGHEST_ALARM = 2.3, 2.8
BINS = 15
CURVE_POINTS = 26
FEW = 150  # a language with fewer texts takes what fits all of them
# Training leaves a fifth of each star to its neighbours (`soft_target` in mix.toml); before the middle is read as the
# stars, that is taken back. .4 to .7 do alike. Fitted on these sets it would be .3 in their natural mix of stars, where
# five stars decide, and .95 with all stars counting alike, where the few texts of two to four stars do.
STAR_TEMPERATURE = 0.6
LABELS = ("negative", "neutral", "positive")
_ROWS = """
with held as (
    select text, lang,
        coalesce(label, case when stars <= 2 then 'neg' when stars >= 4 then 'pos' else 'neu' end) as label,
        substr(md5('half' || id), 1, 1) < '8' as is_for_fit, md5($seed || id) as place
    from read_parquet($path)
    where list_contains($languages, lang) and length(text) >= 3 and (label is not null or stars is not null)
        and ($without = '' or not regexp_matches(coalesce(extra, ''), $without))
        and list_has_any([left(md5(coalesce(nullif(entity, ''), id)), n) for n in [1, 3]], $held_out)
)
select text, lang, label, is_for_fit from held
qualify row_number() over (partition by lang order by place) <= if(list_contains($many, lang), $cap, $more)
"""
Shares = NDArray[np.float64]
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Sample:
    """Held-out texts: distributions (n x 5), true labels (0-2), languages, and which half each is of."""

    shares: Shares
    labels: NDArray[np.int64]
    languages: NDArray[np.str_]
    is_for_fit: NDArray[np.bool_]

    def of(self, language: str, *, is_for_fit: bool) -> Sample:
        """One half of one language; "" is all of them."""
        kept = self.is_for_fit == is_for_fit
        if language:
            kept &= self.languages == language
        return Sample(self.shares[kept], self.labels[kept], self.languages[kept], self.is_for_fit[kept])


def read_sample(corpus: Path, engine: Engine, mix: Mapping[str, Any]) -> Sample:
    """The held-out texts of all sets of the mix, scored."""
    rows: list[tuple[str, str, str, bool]] = []
    for name, rule in mix["sets"].items():
        if name in OTHER_WORLDS:
            continue
        values = {
            "path": str(corpus / f"{name}.parquet"),
            "languages": list(LANGUAGES),
            "without": rule.get("without", ""),
            "held_out": mix["held_out"],
            "seed": str(mix["seed"]),
            "many": list(MANY_SETS),
            "cap": CAP,
            "more": CAP_FEW_SETS,
        }
        rows += duckdb.execute(_ROWS, values).fetchall()
    shares = []
    for at in range(0, len(rows), 1_000):
        shares.append(engine.distributions([clean(text) for text, *_ in rows[at : at + 1_000]]))
        sys.stdout.write(f"\r{at + len(shares[-1])}/{len(rows)} texts")
        sys.stdout.flush()
    sys.stdout.write("\n")
    codes = {"neg": 0, "neu": 1, "pos": 2}
    return Sample(
        np.concatenate(shares),
        np.array([codes[row[2]] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([row[3] for row in rows]),
    )


def tempered(shares: Shares, temperature: float) -> Shares:
    """As `pipeline.scoring.sentiment` does it, for many texts."""
    powers = np.maximum(shares, 1e-12) ** (1 / temperature)
    made: Shares = powers / powers.sum(1, keepdims=True)
    return made


def expected_stars(shares: Shares) -> NDArray[np.float64]:
    """The mean of each distribution, 1-5."""
    made: NDArray[np.float64] = shares @ np.arange(1, 6)
    return made


def three(shares: Shares) -> Shares:
    """Negative, neutral, positive."""
    return np.stack([shares[:, 0] + shares[:, 1], shares[:, 2], shares[:, 3] + shares[:, 4]], axis=1)


def fit_temperature(sample: Sample) -> float:
    """The temperature (0.6-2.5) under which the true labels are likeliest."""

    def loss(temperature: float) -> float:
        found = three(tempered(sample.shares, temperature))
        return float(-np.log(np.maximum(found[np.arange(len(found)), sample.labels], 1e-9)).mean())

    return min((round(float(t), 2) for t in np.arange(0.6, 2.51, 0.05)), key=loss)


def labelled(stars: NDArray[np.float64], negative: float, positive: float) -> NDArray[np.int64]:
    """Label codes by the two cut-offs."""
    return np.where(stars < negative, 0, np.where(stars > positive, 2, 1))


def macro_f1(true: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    """The mean F1 of the three labels."""
    values = []
    for code in range(3):
        both = int(((true == code) & (given == code)).sum())
        values.append(2 * both / max(1, int((true == code).sum() + (given == code).sum())))
    return float(np.mean(values))


def fit_cuts(stars: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """The pair of cut-offs with the best macro-F1."""
    pairs = [(n, p) for n in np.arange(2.4, 2.85, 0.05) for p in np.arange(3.2, 3.75, 0.05) if p > n]
    best = max(pairs, key=lambda pair: macro_f1(labels, labelled(stars, *pair)))
    return round(float(best[0]), 2), round(float(best[1]), 2)


def fit_curve(own: NDArray[np.float64], is_right: NDArray[np.bool_]) -> Curve:
    """The share of right labels as a smooth function of the label's own probability: beta calibration, three numbers.

    Kull, Silva Filho and Flach (2017), "Beta calibration", AISTATS. Without texts it is the probability itself.
    """
    return _likeliest(lambda at: np.stack([np.ones_like(at), np.log(at), -np.log1p(-at)]), own, is_right)


def bend(curve: Curve, own: NDArray[np.float64], is_right: NDArray[np.bool_]) -> Curve:
    """The curve of all languages, shifted and stretched in log-odds for one; without texts of its own as it is."""
    return _likeliest(lambda at: np.stack([np.ones_like(at), logit(_inner(curve(at)))]), own, is_right)


def points_of(curve: Curve) -> list[tuple[float, float]]:
    """The curve as points, rising, for serving, which draws straight lines between them."""
    at = np.linspace(0, 1, CURVE_POINTS)
    rising = np.maximum.accumulate(curve(at))
    return [(round(float(x), 4), round(float(y), 4)) for x, y in zip(at, rising, strict=True)]


def _likeliest(features: Curve, own: NDArray[np.float64], is_right: NDArray[np.bool_]) -> Curve:
    """Logistic regression, its numbers drawn (squared, weight 1) to no shift and no stretch: few texts do little."""
    seen = features(_inner(own))
    neutral = np.array([0.0] + [1.0] * (len(seen) - 1))

    def loss(numbers: NDArray[np.float64]) -> float:
        found = numbers @ seen
        return float(np.logaddexp(0, np.where(is_right, -found, found)).sum() + ((numbers - neutral) ** 2).sum())

    numbers = minimize(loss, neutral).x
    return lambda at: expit(numbers @ features(_inner(at)))


def _inner(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(shares, 1e-3, 1 - 1e-3)


def fit_alarm(stars: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The highest cut that calls at most FALSE_RATE of the positive texts negative, within its bounds."""
    positive = stars[labels == 2]
    cuts = [round(float(cut), 2) for cut in np.arange(LOWEST_ALARM, HIGHEST_ALARM + 0.01, 0.05)]
    return max((cut for cut in cuts if (positive < cut).mean() <= FALSE_RATE), default=cuts[0])


def calibration_error(confidence: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float:
    """Expected calibration error over BINS bins of equal mass (Naeini et al. 2015)."""
    order = np.argsort(confidence)
    parts = np.array_split(order, BINS)
    return float(sum(len(p) / len(order) * abs(confidence[p].mean() - is_right[p].mean()) for p in parts if len(p)))


def fit(sample: Sample) -> sentiment.Cuts:
    """What leumund.json holds; "" is for languages with too few texts of their own."""
    known = [language for language in LANGUAGES if len(sample.of(language, is_for_fit=True).labels) >= FEW]
    temperature = {language: fit_temperature(sample.of(language, is_for_fit=True)) for language in ("", *known)}
    half = sample.of("", is_for_fit=True)
    stars = np.array(
        [
            expected_stars(tempered(share[None], temperature.get(language, temperature[""])))[0]
            for share, language in zip(half.shares, half.languages, strict=True)
        ]
    )
    negative, positive = fit_cuts(stars, half.labels)
    alarm = {"": fit_alarm(stars, half.labels)}
    alarm |= {lang: fit_alarm(stars[half.languages == lang], half.labels[half.languages == lang]) for lang in known}
    cuts = sentiment.Cuts(negative, positive, alarm, temperature)
    curve = fit_curve(*_read(half, cuts))
    confidence = {"": points_of(curve)}
    for language in known:
        confidence[language] = points_of(bend(curve, *_read(sample.of(language, is_for_fit=True), cuts)))
    return sentiment.Cuts(negative, positive, alarm, temperature, confidence, STAR_TEMPERATURE)


def read_all(half: Sample, cuts: sentiment.Cuts) -> list[sentiment.Sentiment]:
    """What serving makes of each text."""
    pairs = zip(half.shares, half.languages, strict=True)
    return [sentiment.read(share.tolist(), str(language), cuts) for share, language in pairs]


def _read(half: Sample, cuts: sentiment.Cuts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The label's own probability of each text, and whether the label is right."""
    read = read_all(half, cuts)
    is_right = np.array([LABELS.index(item.label) for item in read]) == half.labels
    return np.array([item.confidence for item in read]), is_right


def figures(sample: Sample, language: str, cuts: sentiment.Cuts) -> str:
    """One line on the half that was not fitted."""
    half = sample.of(language, is_for_fit=False)
    read = read_all(half, cuts)
    right = np.array([LABELS.index(item.label) for item in read]) == half.labels
    flags = np.array([item.is_negative for item in read])
    given = np.array([LABELS.index(item.label) for item in read])
    return (
        f"{language or 'all'}: n {len(read)}; three labels {right.mean():.3f}, "
        f"macro-F1 {macro_f1(half.labels, given):.3f}; "
        f"negatives found {flags[half.labels == 0].mean():.3f} (n {(half.labels == 0).sum()}), "
        f"positives called negative {flags[half.labels == 2].mean():.3f} (n {(half.labels == 2).sum()})"
    )


def crossed_error(sample: Sample, crossed: Sequence[sentiment.Cuts], language: str) -> tuple[float, int]:
    """The calibration error of a language over both halves, and of how many texts; "" is all languages.

    `crossed` holds what was fitted on the first half and on the second; each half is read with that of the other.
    """
    confidence: list[float] = []
    is_right: list[bool] = []
    for cuts, is_for_fit in zip(crossed, (False, True), strict=True):
        half = sample.of(language, is_for_fit=is_for_fit)
        read = read_all(half, cuts)
        confidence += [item.confidence for item in read]
        is_right += [LABELS.index(item.label) == label for item, label in zip(read, half.labels, strict=True)]
    return calibration_error(np.array(confidence), np.array(is_right)), len(is_right)


def main() -> None:
    """Fit, print, and with `--write` store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--model", type=Path, default=HERE)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    mix = read_mix()
    sample = read_sample(given.corpus, Engine.load(given.model), mix)
    cuts = fit(sample)
    sys.stdout.write(f"{cuts}\n")
    swapped = Sample(sample.shares, sample.labels, sample.languages, ~sample.is_for_fit)
    crossed = (cuts, fit(swapped))
    for language in ("", *LANGUAGES):
        if len(sample.of(language, is_for_fit=False).labels):
            error, count = crossed_error(sample, crossed, language)
            line = figures(sample, language, cuts)
            sys.stdout.write(f"{line}; calibration error {error:.3f} (n {count}, both halves)\n")
    if given.write:
        path = given.model / "leumund.json"
        row = json.loads(path.read_text(encoding="utf-8"))
        row |= {"negative_below": cuts.negative, "positive_above": cuts.positive}
        row |= {"alarm_below": dict(cuts.alarm), "temperature": dict(cuts.temperature)}
        row["confidence"] = dict(cuts.confidence)
        row["star_temperature"] = cuts.star_temperature
        path.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
