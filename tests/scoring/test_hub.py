"""A model of the hub's form in place of the shipped one: a tiny one made here, where torch is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.scoring.engine import Text
from pipeline.scoring.hub import HubEngine, HubModel, star_of_labels

CUES = Path(__file__).resolve().parents[2] / "models" / "sentiment"
HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "gut", "schlecht", "good", "bad", "the", "hotel"]


@pytest.mark.parametrize(
    ("names", "declared", "stars"),
    [
        (["negative", "neutral", "positive"], {}, [1, 3, 5]),
        (["NEG", "POS"], {}, [1, 5]),
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], {}, [1, 2, 3, 4, 5]),
        (["LABEL_0", "LABEL_1"], {"label_0": "positive", "LABEL_1": "2"}, [5, 2]),
        # What is declared wins over a name that seems to say it.
        (["1", "2"], {"1": "negative", "2": "positive"}, [1, 5]),
    ],
)
def test_labels_become_stars(names: list[str], declared: dict[str, str], stars: list[int]) -> None:
    assert star_of_labels(dict(enumerate(names)), HubModel("x/y", labels=declared)) == stars


@pytest.mark.parametrize("names", [["LABEL_0", "LABEL_1"], ["joy", "anger"], ["0", "1"], ["positive", "5 stars"]])
def test_labels_without_meaning_are_asked_for(names: list[str]) -> None:
    with pytest.raises(ModelError, match=r"model\.labels"):
        star_of_labels(dict(enumerate(names)), HubModel("x/y"))


@pytest.mark.skipif(HAS_TORCH, reason="torch is installed")
def test_without_torch_it_says_what_to_install() -> None:
    with pytest.raises(ModelError, match=r"leumund\[torch\]"):
        HubEngine.load_hub(HubModel("x/y"), CUES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained BERT of two layers over eleven words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(5)
    path = tmp_path_factory.mktemp("tiny")
    (path / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(vocab_file=str(path / "vocab.txt"), model_max_length=32).save_pretrained(path)
    labels = {0: "negative", 1: "neutral", 2: "positive"}
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(WORDS), id2label=labels, label2id={v: k for k, v in labels.items()}, **shape)
    BertForSequenceClassification(config).save_pretrained(path)
    return path


@needs_torch
def test_it_scores_as_transformers_does(folder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    engine = HubEngine.load_hub(HubModel(str(folder)), CUES)
    texts = ["gut", "the hotel bad", "good good good the hotel"]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)
    for text, shares in zip(texts, engine.distributions(texts), strict=True):
        with torch.inference_mode():
            wanted = torch.softmax(model(**tokenizer(text, return_tensors="pt")).logits[0], -1)
        assert shares[[0, 2, 4]] == pytest.approx(wanted.numpy(), abs=1e-5)
        assert shares.sum() == pytest.approx(1)


@needs_torch
def test_company_changes_nothing_and_long_texts_are_read_whole(folder: Path) -> None:
    engine = HubEngine.load_hub(HubModel(str(folder)), CUES)
    long = "good " * 100 + "bad " * 300
    texts = [Text("a", "gut", "de"), Text("b", long, "en"), Text("c", "the hotel", "en")]
    together = list(engine.score(texts))
    for item, score in zip(texts, together, strict=True):
        (alone,) = engine.score([item])
        assert alone.stars == pytest.approx(score.stars, abs=1e-4)
    (cut,) = engine.score([Text("d", "good " * 100, "en")])
    assert cut.stars != pytest.approx(together[1].stars, abs=1e-6)


@needs_torch
def test_it_abstains_from_what_it_is_not_trusted_with(folder: Path) -> None:
    engine = HubEngine.load_hub(HubModel(str(folder), languages=frozenset(("de",))), CUES)
    scores = list(engine.score([Text("a", "gut", "de"), Text("b", "good", "en")]))
    assert [score.abstained for score in scores] == [None, "language:en"]


@needs_torch
def test_its_version_tells_weights_and_mapping_apart(folder: Path) -> None:
    plain = HubEngine.load_hub(HubModel(str(folder)), CUES).model_version
    turned = HubModel(str(folder), labels={"negative": "positive", "positive": "negative"})
    assert plain != HubEngine.load_hub(turned, CUES).model_version
    assert plain == HubEngine.load_hub(HubModel(str(folder)), CUES).model_version


@needs_torch
def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.hub"):
        HubEngine.load_hub(HubModel(str(tmp_path)), CUES)
