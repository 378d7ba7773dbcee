"""Which sets of the corpus may train weights that ship."""

from __future__ import annotations

import sys

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
# Never trained on, whatever mix.toml says: their licences allow research only.
RESEARCH_ONLY = frozenset(
    (
        "marc",
        "umsab",
        "tweeteval_sentiment",
        "germeval2017",
        "sentipolc16_it",
        "semeval_absa_multi",
        "semeval16_rest_en",
        "gerestaurant",
        "sb10k",
        "potts",
        "airline_tweets",
        "tourism_es",
        "opener_multibooked",
    )
)


def permitted(name: str) -> str:
    """The name of a set that may train weights that ship; ends the run at one that may not."""
    if name in RESEARCH_ONLY:
        sys.exit(f"{name}: research only, must not train weights that ship; remove it from the mix")
    return name
