"""A student begins as its teacher with fewer layers, and learns what its teachers say (where torch is installed)."""

from __future__ import annotations

import math
from typing import Any

import pytest

MIX = {"batch_tokens": 64, "soft_target": 0.8, "theme_weight": 0.5}


def reader(layers: int = 6) -> Any:
    torch = pytest.importorskip("torch")
    from train import Reader
    from transformers import BertConfig

    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=1,
        num_labels=5,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.0,
    )
    config.themes, config.theme_layer, config.theme_size = ["a.b", "a"], 5, 8
    return Reader(config).eval()


@pytest.fixture(autouse=True)
def _needs_torch() -> None:
    pytest.importorskip("torch")


def test_a_student_keeps_the_first_and_the_last_layer_and_its_place_of_themes() -> None:
    from distil import student_of

    teacher = reader()
    student = student_of(teacher, 3)
    first, last = (student.bert.encoder.layer[at].output.dense.weight for at in (0, 2))
    assert first.equal(teacher.bert.encoder.layer[0].output.dense.weight)
    assert last.equal(teacher.bert.encoder.layer[5].output.dense.weight)
    assert (student.config.num_hidden_layers, student.config.theme_layer) == (3, 3)
    assert teacher.config.num_hidden_layers == 6
    same = student_of(teacher, 6)
    import torch

    ids = torch.tensor([[0, 7, 9, 2]])
    assert same.read(ids)[0].allclose(teacher.read(ids)[0])


def test_teachers_give_shares_and_our_own_labels_half_of_them() -> None:
    from distil import taught
    from sample import Sample
    from train import soft_target

    teacher = reader()
    samples = [Sample([0, 5, 6, 2], 5.0, (), "imdb"), Sample([0, 5, 6, 2], 5.0, (), "own")]
    plain, own = sorted(taught(samples, [teacher], MIX), key=lambda item: item.source)
    assert sum(plain.shares) == pytest.approx(1, abs=1e-3)
    halves = [(mine + theirs) / 2 for mine, theirs in zip(soft_target(5.0, 0.8), plain.shares, strict=True)]
    assert own.shares == pytest.approx(halves, abs=1e-3)


def test_a_student_that_says_the_same_costs_least() -> None:
    from distil import Teaching, student_of, taught
    from sample import Sample

    teacher = reader()
    batch = taught([Sample([0, 5, 6, 7, 2], 4.0, (), "imdb"), Sample([0, 8, 2], 1.0, (), "imdb")], [teacher], MIX)
    loss = Teaching(teacher)
    same, fewer = (float(loss(student_of(teacher, layers), batch, MIX).detach()) for layers in (6, 2))
    entropy = sum(-share * math.log(share) for item in batch for share in item.shares) / len(batch)
    assert same == pytest.approx(entropy, abs=0.02)
    assert fewer > same
