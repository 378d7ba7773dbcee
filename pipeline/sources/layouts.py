"""How known exports name their columns, and what columns of unknown files are likely to mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FIELDS = (
    "id", "entity", "location", "rating", "best", "worst", "posted_at", "edited_at", "language", "title", "text", "url",
    "author", "reply", "reply_at", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Field -> columns that may hold it, the first present one wins; the scale where the file does not give it."""

    columns: Mapping[str, tuple[str, ...]]
    best: float | None = None
    worst: float | None = None
    extra: tuple[str, ...] = ()
    required: tuple[str, ...] = field(default=())


_GENERIC = {
    "id": ("review_id", "reviewid", "id", "source_review_id", "recommendationid", "bewertungs_id", "bewertungsnummer"),
    "entity": ("entity", "company", "business", "app", "app_name", "product", "product_name", "firma", "unternehmen",
               "produkt", "shop", "marke", "asin", "business_id"),
    "location": ("location", "branch", "store", "storefront", "city", "standort", "filiale", "ort", "stadt"),
    "rating": ("rating", "stars", "star_rating", "score", "rating_value", "overall_rating", "overall", "review_rating",
               "bewertung", "sterne", "note", "gesamtbewertung", "nota", "valoracion", "punteggio", "beoordeling"),
    "best": ("best", "rating_best", "best_rating", "max_rating"),
    "worst": ("worst", "rating_worst", "worst_rating", "min_rating"),
    "posted_at": ("posted_at", "date", "created_at", "created", "review_date", "published_at", "publisheddate", "time",
                  "timestamp", "datum", "erstellt_am", "bewertungsdatum", "fecha", "data", "datetime", "at"),
    "edited_at": ("edited_at", "updated_at", "updated", "geaendert_am", "geändert_am"),
    "language": ("language", "lang", "sprache", "locale", "reviewer_language"),
    "title": ("title", "headline", "review_title", "summary", "titel", "überschrift", "ueberschrift", "titre"),
    "text": ("text", "review", "review_text", "reviewtext", "comment", "content", "body", "review_body", "description",
             "bewertungstext", "kommentar", "rezension", "freitext", "avis", "comentario", "message"),
    "url": ("url", "link", "review_url", "review_link"),
    "author": ("author", "user", "username", "user_name", "reviewer", "name", "author_name", "user_id", "autor",
               "verfasser", "kunde", "nickname"),
    "reply": ("reply", "response", "owner_reply", "developer_response", "company_reply", "antwort", "reply_text"),
    "reply_at": ("reply_at", "response_date", "reply_date", "antwort_am", "antwortdatum"),
    "source": ("source", "portal", "site", "platform", "quelle", "plattform"),
}  # fmt: skip

LAYOUTS: dict[str, Layout] = {
    "generic": Layout(_GENERIC),
    # Google Play Console, monthly CSV, UTF-16LE; an empty text is a rating alone.
    "play_console": Layout(
        {
            "id": ("review_link",),
            "entity": ("package_name",),
            "rating": ("star_rating",),
            "posted_at": ("review_submit_date_and_time", "review_submit_millis_since_epoch"),
            "edited_at": ("review_last_update_date_and_time",),
            "language": ("reviewer_language",),
            "title": ("review_title",),
            "text": ("review_text",),
            "url": ("review_link",),
            "reply": ("developer_reply_text",),
            "reply_at": ("developer_reply_date_and_time",),
        },
        best=5,
        worst=1,
        extra=("app_version_code", "app_version_name", "device"),
        required=("rating",),
    ),
    "app_store_connect": Layout(
        {
            "id": ("review_id", "id"),
            "entity": ("app_name", "app"),
            "location": ("territory", "storefront", "country"),
            "rating": ("rating",),
            "posted_at": ("createddate", "created_date", "date", "last_modified"),
            "title": ("title",),
            "text": ("body", "review", "content"),
            "author": ("reviewernickname", "reviewer_nickname", "nickname", "author"),
            "reply": ("developer_response", "response"),
        },
        best=5,
        worst=1,
        extra=("version", "app_version"),
        required=("rating",),
    ),
    # Public Skytrax data set: overall rating 1-10.
    "skytrax": Layout(
        {
            "entity": ("airline_name", "airport_name"),
            "rating": ("overall_rating",),
            "posted_at": ("date",),
            "title": (),
            "text": ("content",),
            "author": ("author",),
        },
        best=10,
        worst=1,
        extra=("author_country", "recommended", "cabin_flown", "type_traveller", "aircraft"),
        required=("rating",),
    ),
    "trustpilot": Layout(
        {
            "id": ("review_id", "id", "reviewid"),
            "entity": ("company", "domain", "business_unit", "company_name"),
            "rating": ("stars", "rating", "review_stars"),
            "posted_at": ("review_created_utc", "created_at", "createdat", "published_date", "date"),
            "language": ("language", "review_language"),
            "title": ("review_title", "title"),
            "text": ("review_content", "text", "review_text"),
            "url": ("review_url", "url"),
            "author": ("review_username", "consumer", "author", "username", "name"),
            "reply": ("company_reply", "companyreply", "reply"),
            "reply_at": ("company_reply_date_utc", "reply_date"),
        },
        best=5,
        worst=1,
        required=("rating",),
    ),
    # Yelp data set layout, JSON lines.
    "yelp": Layout(
        {
            "id": ("review_id",),
            "entity": ("business_id",),
            "rating": ("stars",),
            "posted_at": ("date",),
            "text": ("text",),
            "author": ("user_id",),
        },
        best=5,
        worst=1,
        extra=("useful", "funny", "cool"),
        required=("rating",),
    ),
    # Amazon Reviews 2023 layout, JSON lines, Unix milliseconds.
    "amazon": Layout(
        {
            "entity": ("parent_asin", "asin"),
            "rating": ("rating", "overall"),
            "posted_at": ("timestamp", "unixreviewtime", "sort_timestamp"),
            "title": ("title", "summary"),
            "text": ("text", "reviewtext"),
            "author": ("user_id", "reviewerid"),
        },
        best=5,
        worst=1,
        extra=("helpful_vote", "verified_purchase"),
        required=("rating",),
    ),
}
