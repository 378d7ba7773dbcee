"""What the mix takes of our own sentences, and what the last stage changes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

RECIPE = Path(__file__).resolve().parents[2] / "models" / "sentiment"
NAMES = ["service.waiting", "service"]


@pytest.fixture
def prepare() -> ModuleType:
    pytest.importorskip("transformers")
    import prepare  # type: ignore[import-not-found]

    return prepare  # type: ignore[no-any-return]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, count in (("feed_en_1", 3), ("hard_1", 5), ("hard_de_3", 5), ("themes_de_1", 2), ("plain_de_1", 4)):
        rows = [
            {"text": f"{name} {at}", "stars": 4, "themes": [{"code": "service.waiting", "polarity": 1}]}
            for at in range(count)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_a_mix_chooses_among_our_own_sentences(prepare: ModuleType, own: Path) -> None:
    rules = {"feed": {"times": 2}, "hard": {"cap": 8}, "themes": {"stars": False}}
    found = prepare.chosen_own(own, NAMES, {"seed": 1, "own": rules})
    kinds = Counter(each.text.split("_")[0] for each in found)
    assert kinds == {"feed": 6, "hard": 8, "themes": 2}
    assert {each.text.split(" ")[0] for each in found if each.text.startswith("hard")} == {"hard_1", "hard_de_3"}
    assert all((each.stars is None) == each.text.startswith("themes") for each in found)
    assert all(each.present["service.waiting"] == 1 for each in found)


def test_without_a_choice_all_are_taken_once(prepare: ModuleType, own: Path) -> None:
    found = prepare.chosen_own(own, NAMES, {"seed": 1})
    assert len({each.text for each in found}) == len(found) == 19
    assert {each.stars for each in found} == {4.0}


def test_the_last_stage_keeps_what_it_does_not_change(prepare: ModuleType) -> None:
    first, last = prepare.read_mix(), prepare.read_mix(last=True)
    assert last["sets"] == first["sets"]
    assert last["held_out"] == first["held_out"]
    assert last["learning_rate"] < first["learning_rate"]  # gentler
    assert last["caps"] < first["caps"]
    # Every rule finds a file, so none is there for nothing.
    assert all(list((RECIPE / "own").glob(f"{start}*.jsonl")) for start in last["own"])
