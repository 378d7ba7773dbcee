"""The seats of sources with credentials, made of the cases that test their paging."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.sources.connectors import Seat
from tests.sources.owner_cases import CASES, NEW, OLD, TOKEN, Case

_DATES = ((OLD, NEW), ("1769940000", "1772964000"))


def _page(case: Case) -> Callable[[int, bool, int], str]:
    def page(number: int, is_old: bool, rows: int) -> str:
        body = json.dumps(case.answer(case.pages - 1 if is_old else number, "{root}"))
        for old, new in () if is_old else _DATES:
            body = body.replace(old, new)
        return body

    return page


def _seat(case: Case) -> Seat:
    token = {case.token_path: json.dumps({case.token_field: TOKEN, "expires_in": 3600})} if case.token_path else {}
    options = {"base_url": "{root}", "token_url": "{root}/token", **case.options}
    return Seat(
        _page(case), options, case.secrets, url="{root}", has_credentials=bool(case.secrets), is_endless=False,
        token=token,
    )  # fmt: skip


SEATS = {case.source: _seat(case) for case in reversed(CASES)}
