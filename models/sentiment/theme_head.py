"""The head that reads themes from the encoder's tokens: what each span of text is about and how it is judged.

Two linear maps give three figures a token and theme: how much the token has to say about the theme, whether it names
it, and whether it speaks well of it. Within a span the first, through a softmax, weighs the other two. So one pass of
the encoder answers for a whole text and for each of its sentences, and a sentence of praise beside one of blame keeps
its own sign. Needs torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from sample import Span
from torch.nn.functional import binary_cross_entropy_with_logits

PARTS = 3


def read_spans(maps: torch.Tensor, rows: torch.Tensor, inside: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of presence and of praise (spans x themes).

    `maps` is texts x tokens x (3 x themes), `rows` the text of each span, `inside` (spans x tokens) true on its tokens.
    """
    weight, present, polarity = maps[rows].chunk(PARTS, dim=-1)
    weight = weight.masked_fill(~inside[..., None], float("-inf")).softmax(1)
    return (weight * present).sum(1), (weight * polarity).sum(1)


def theme_loss(maps: torch.Tensor, spans: Sequence[tuple[int, Span]]) -> torch.Tensor:
    """Cross-entropy of presence, and of polarity where a theme is present, over what is known; `spans` with rows."""
    at = maps.device
    place = torch.arange(maps.shape[1], device=at)
    found = torch.tensor([(row, span.start, span.end) for row, span in spans]).to(at, non_blocking=True)
    rows, starts, ends = found[:, 0], found[:, 1, None], found[:, 2, None]
    present, polarity = read_spans(maps, rows, (place >= starts) & (place < ends))
    truth = torch.tensor([[span.present, span.polarity] for _, span in spans]).to(at, non_blocking=True)
    return _known_loss(present, truth[:, 0]) + _known_loss(polarity, (truth[:, 1] + 1) / 2)


def _known_loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    known = ~wanted.isnan()
    losses = binary_cross_entropy_with_logits(logits, wanted.nan_to_num(), reduction="none")
    # Of two dozen themes a span names one or two: the sum over themes, the mean over spans.
    return (losses * known).sum() / len(logits)
