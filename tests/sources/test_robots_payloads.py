"""Recorded robots.txt files, where they lie beside the checkout: what they allow an agent named nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources import robots

_ROOT = Path(__file__).resolve().parents[2].parent / "shared" / "fixtures" / "robots"


def _cases() -> list[dict[str, Any]]:
    path = _ROOT / "expected.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


@pytest.mark.skipif(not _ROOT.exists(), reason="recorded payloads are not here")
@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["file"])
def test_a_recorded_robots_file_is_obeyed(case: dict[str, Any]) -> None:
    rules = robots.judge(200, "text/plain", (_ROOT / case["file"]).read_bytes())
    host = case["file"].removesuffix(".robots.txt")
    for end in ("first", "last"):
        is_allowed = rules.allows(f"https://{host}{case[end]['id']}", "Leumund")
        # The reference parser takes a firewall's page for rules that allow everything.
        assert is_allowed == (case[end]["rating"] == 1 and not case["extra"]["looks_like_html"]), case[end]["id"]
    if not case["extra"]["looks_like_html"]:
        assert rules.crawl_delay_s("Leumund") == (case["extra"]["crawl_delay"] or 0)
