"""The training side and the serving side read the same out of a theme map (where torch is installed)."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scoring.theme_maps import read_sentences


def test_torch_and_numpy_pool_a_sentence_alike() -> None:
    torch = pytest.importorskip("torch")
    from theme_head import read_spans

    maps = np.random.default_rng(4).normal(0, 3, (11, 3 * 5)).astype(np.float32)
    starts = [0, 4, 5]
    present, polarity = read_sentences(maps, starts)
    at = torch.arange(len(maps))
    inside = torch.stack([(at >= low) & (at < high) for low, high in zip(starts, [4, 5, 11], strict=True)])
    logits, signs = read_spans(torch.tensor(maps)[None], torch.zeros(3, dtype=torch.long), inside)
    assert np.allclose(present, logits.sigmoid().numpy(), atol=1e-5)
    assert np.allclose(polarity, 2 * signs.sigmoid().numpy() - 1, atol=1e-5)
