"""From the model's figures for each token to the themes of each sentence and of the whole text.

The model gives three figures a token and theme: how much the token has to say about the theme, whether it names it, and
whether it speaks well of it. Within a sentence the first, through a softmax, weighs the other two; a text is about
what one of its sentences is about. So themes of long texts are read sentence by sentence, in one pass of the encoder.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.review import ThemeMention

Floats = NDArray[np.floating[Any]]


def read_sentences(maps: Floats, starts: Sequence[int]) -> tuple[Floats, Floats]:
    """The share in [0, 1] that a theme is present, and its polarity in [-1, 1], sentences x themes.

    `maps` is tokens x (3 x themes); `starts` the first token of each sentence, in order, the first of them 0.
    """
    weight, present, polarity = np.split(maps, 3, axis=1)
    at = np.asarray(starts)
    sizes = np.diff(at, append=len(maps))
    weight = np.exp(weight - np.repeat(np.maximum.reduceat(weight, at), sizes, axis=0))
    total = np.add.reduceat(weight, at)
    present = np.add.reduceat(weight * present, at) / total
    polarity = np.add.reduceat(weight * polarity, at) / total
    return _logistic(present), 2 * _logistic(polarity) - 1


def join_sentences(present: Floats, polarity: Floats) -> tuple[Floats, Floats]:
    """The same for the whole text: the surest sentence's share; the polarity of all, weighted by their shares."""
    weight = np.maximum(present, 1e-6)
    joined: Floats = (weight * polarity).sum(0) / weight.sum(0)
    return present.max(0), joined


@dataclass(frozen=True)
class ThemeOutputs:
    """What the columns of the model's theme figures stand for: `names` as `group.name`, then the groups.

    A theme is named from the share `named_from` on. A cue found in the text adds to the log-odds of its group and of
    its code.
    """

    names: tuple[str, ...]
    named_from: float
    group_cue: float = 0.0
    code_cue: float = 0.0

    def mentions(
        self, present: Floats, polarity: Floats, whole: float, cues: Collection[str] = ()
    ) -> tuple[ThemeMention, ...]:
        """The themes of a text, sorted; `present` and `polarity` as `join_sentences` gives them.

        `cues` are the codes, as `group.name`, whose cues the text holds. A group that is present gives its present
        codes, or the likeliest one. Where no theme is named, `none` takes the polarity `whole` of the text.
        """
        groups = {code.split(".")[0] for code in cues}
        weights = [
            self.code_cue * (name in cues) if "." in name else self.group_cue * (name in groups) for name in self.names
        ]
        odds = present / np.maximum(1 - present, 1e-9) * np.exp(weights)
        share = dict(zip(self.names, (odds / (1 + odds)).tolist(), strict=True))
        sign = dict(zip(self.names, polarity.tolist(), strict=True))
        found = []
        for group in (name for name in self.names if "." not in name and share[name] >= self.named_from):
            codes = [name for name in self.names if name.startswith(f"{group}.")]
            likeliest = max(codes, key=share.__getitem__)
            for code in codes:
                if code == likeliest or share[code] >= self.named_from:
                    confidence = min(share[group], max(share[code], 1 / len(codes)))
                    found.append(ThemeMention(group, code.split(".")[1], round(sign[code], 4), round(confidence, 4)))
        if not found:
            surest = max((share[name] for name in self.names if "." not in name), default=0.0)
            return (ThemeMention("none", "none", round(whole, 4), round(1 - surest, 4)),)
        return tuple(sorted(found, key=lambda mention: (mention.group, mention.theme)))


def _logistic(logits: Floats) -> Floats:
    made: Floats = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return made
