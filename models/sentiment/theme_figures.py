"""How well an engine names themes: F1 of the groups, service against the rest, codes, and the sign of each theme."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from theme_samples import read_labelled_texts

from pipeline.review import ThemeMention
from pipeline.scoring.engine import Engine, Text
from pipeline.text.clean import clean


@dataclass(frozen=True)
class ThemedText:
    """A text with its true themes: `group.code` to polarity (-1, 0, 1)."""

    text: str
    language: str
    themes: Mapping[str, float]


@dataclass(frozen=True)
class ThemeResult:
    """Figures of one set, each in [0, 1]; `n` texts. `groups` holds the F1 of each group."""

    name: str
    n: int
    groups: Mapping[str, float]
    service_accuracy: float
    code_f1: float
    signs: float

    @property
    def group_f1(self) -> float:
        """The mean over the groups."""
        return sum(self.groups.values()) / len(self.groups)

    def figures(self) -> dict[str, float]:
        """The figures that floors are set for."""
        return {
            "group_f1": self.group_f1,
            "service_accuracy": self.service_accuracy,
            "code_f1": self.code_f1,
            "signs": self.signs,
        }

    def line(self) -> str:
        """One line for people."""
        parts = ", ".join(f"{group} {value:.2f}" for group, value in self.groups.items())
        return (
            f"{self.name}: themes, macro-F1 of groups {self.group_f1:.3f} ({parts}); service or not "
            f"{self.service_accuracy:.3f}; codes {self.code_f1:.3f}; right signs {self.signs:.3f} (n {self.n})"
        )


def read_themed(path: Path) -> Iterator[tuple[str, list[ThemedText]]]:
    """The texts of a file of lines {"text", "language", "themes": [{"code", "polarity"}]}, by language."""
    found: dict[str, list[ThemedText]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        themes = {mention["code"]: float(mention["polarity"]) for mention in row["themes"]}
        found.setdefault(row["language"], []).append(ThemedText(row["text"], row["language"], themes))
    yield from found.items()


def read_themed_corpus(corpus: Path, labels: Path) -> dict[str, list[ThemedText]]:
    """The real reviews of the corpus whose themes we labelled and that are kept apart, by language."""
    found: dict[str, list[ThemedText]] = {}
    for text, language, themes in read_labelled_texts(corpus, labels, apart=True):
        found.setdefault(language, []).append(ThemedText(text, language, themes))
    return found


def measure_themes(engine: Engine, name: str, items: Sequence[ThemedText]) -> ThemeResult:
    """The figures of one set."""
    texts = (Text(str(place), clean(item.text), item.language) for place, item in enumerate(items))
    return theme_figures(name, items, [score.themes for score in engine.score(texts)])


def theme_figures(name: str, items: Sequence[ThemedText], named: Sequence[Sequence[ThemeMention]]) -> ThemeResult:
    """The figures of what was named of each text."""
    pairs = []
    signs = []
    for item, mentions in zip(items, named, strict=True):
        given = {f"{each.group}.{each.theme}": each.polarity for each in mentions if each.group != "none"}
        pairs.append((set(item.themes), set(given)))
        signs += [
            (given[code] > 0) == (sign > 0) for code, sign in item.themes.items() if sign and given.get(code, 0.0)
        ]
    codes = _f1(pairs)
    grouped = [({code.split(".")[0] for code in true}, {code.split(".")[0] for code in found}) for true, found in pairs]
    return ThemeResult(
        name,
        len(pairs),
        _f1(grouped),
        sum(("service" in true) == ("service" in found) for true, found in grouped) / max(1, len(grouped)),
        sum(codes.values()) / max(1, len(codes)),
        sum(signs) / max(1, len(signs)),
    )


def _f1(pairs: Sequence[tuple[set[str], set[str]]]) -> dict[str, float]:
    names = sorted({name for true, _ in pairs for name in true})
    return {
        name: 2
        * sum(name in true and name in found for true, found in pairs)
        / sum((name in true) + (name in found) for true, found in pairs)
        for name in names
    }
