"""The rules that read a text beside the model: themes, reasons for escalation, billing. They carry a version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelError
from pipeline.review import BillingMention, ThemeMention
from pipeline.scoring.billing import BillingCues, find_billing, read_billing
from pipeline.scoring.escalation import Opinion, Rules, find_reasons, read_rules
from pipeline.scoring.lexicon import Cue, read_cues
from pipeline.scoring.themes import find_themes

_HERE = Path(__file__).resolve().parent
_CODE = [_HERE / f"{name}.py" for name in ("billing", "context", "escalation", "lexicon", "themes")]
_CODE.append(_HERE.parent / "text" / "amounts.py")


@dataclass(frozen=True)
class Findings:
    """What the rules find in one text."""

    themes: tuple[ThemeMention, ...]
    escalation: tuple[str, ...]
    billing: tuple[BillingMention, ...]


@dataclass(frozen=True)
class TextRules:
    """The rules of a model folder.

    `version` is a digest of their files and of the code that applies them, so that it cannot be forgotten.
    """

    themes: tuple[Cue, ...]
    reasons: Rules
    billing: BillingCues
    version: str

    def read(self, text: str, language: str | None, polarity: float, opinion: Opinion | None) -> Findings:
        """What a text says; `polarity` in [-1, 1] is the model's, `opinion` None where it has none."""
        return Findings(
            find_themes(text, round(polarity, 4), self.themes),
            find_reasons(text, language, self.reasons, opinion),
            find_billing(text, language, self.billing),
        )


def read_text_rules(folder: Path) -> TextRules:
    """The rules of a model folder: themes.toml, billing.toml and escalation/<language>.toml.

    Raises:
        ModelError: a file is missing or cannot be used.
    """
    themes, billing, reasons = folder / "themes.toml", folder / "billing.toml", folder / "escalation"
    digest = hashlib.blake2b(digest_size=6)
    for path in [themes, billing, *sorted(reasons.glob("*.toml")), *_CODE]:
        try:
            digest.update(path.read_bytes() + b"\0")
        except OSError as error:
            raise ModelError("a list of cues is missing", where=str(path), remedy="Reinstall the model") from error
    return TextRules(read_cues(themes), read_rules(reasons), read_billing(billing), digest.hexdigest())
