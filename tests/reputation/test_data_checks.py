"""Whether the data behind an incident can be trusted, at the edges of each rule."""

from __future__ import annotations

from pipeline.reputation.data_checks import CheckCounts, Share, SourceCount, data_checks
from pipeline.review import DataCheck


def found(counts: CheckCounts, code: str) -> DataCheck | None:
    checks = data_checks(counts, days=7, baseline_days=56)
    return next((check for check in checks if check.code == code), None)


def is_ok(counts: CheckCounts, code: str) -> bool:
    check = found(counts, code)
    assert check is not None
    return check.is_ok


def test_a_silent_source_is_stale_only_where_reviews_were_due() -> None:
    assert not is_ok(CheckCounts(sources=[SourceCount("portal", 0, 40)]), "fresh")
    assert is_ok(CheckCounts(sources=[SourceCount("portal", 0, 39)]), "fresh")
    assert is_ok(CheckCounts(sources=[SourceCount("portal", 1, 400)]), "fresh")


def test_a_source_whose_last_run_failed_is_not_fresh() -> None:
    assert not is_ok(CheckCounts(sources=[SourceCount("portal", 9, 40, "partial")]), "fresh")
    assert is_ok(CheckCounts(sources=[SourceCount("portal", 9, 40, "ok")]), "fresh")


def test_copies_are_told_with_and_without() -> None:
    check = found(CheckCounts(n=40, n_negative=10, n_copies=10, n_negative_copies=10), "copies")
    assert check == DataCheck("copies", False, 0.25, 0.4, n=10)
    assert is_ok(CheckCounts(n=40, n_negative=10, n_copies=2, n_negative_copies=2), "copies")


def test_new_authors_are_a_sign_only_where_authors_come_again() -> None:
    assert not is_ok(CheckCounts(n=20, new_authors=Share(19, 20, 30, 100)), "authors")
    assert is_ok(CheckCounts(n=20, new_authors=Share(20, 20, 97, 100)), "authors")
    assert found(CheckCounts(n=4, new_authors=Share(4, 4, 30, 100)), "authors") is None


def test_texts_without_a_judgement_and_imports_are_compared_with_before() -> None:
    assert not is_ok(CheckCounts(unscored=Share(8, 20, 2, 100)), "unscored")
    assert is_ok(CheckCounts(unscored=Share(3, 20, 10, 100)), "unscored")
    assert not is_ok(CheckCounts(imported=Share(20, 20, 0, 100)), "imported")
    assert is_ok(CheckCounts(imported=Share(20, 20, 100, 100)), "imported")
    assert found(CheckCounts(), "imported") is None


def test_rows_set_aside_are_a_fault_from_three_on() -> None:
    assert is_ok(CheckCounts(n=20, set_aside=2), "set_aside")
    assert not is_ok(CheckCounts(n=20, set_aside=3), "set_aside")


def test_without_a_past_nothing_is_due() -> None:
    checks = data_checks(CheckCounts(sources=[SourceCount("portal", 0, 0)]), days=3, baseline_days=0)
    assert all(check.is_ok for check in checks)
