"""How known exports name their columns, and what columns of unknown files are likely to mean.

Names are compared without case, blanks and underscores: `createdAt`, "Created at" and created_at are one. A nested
value of JSON stands under `outer_inner`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

FIELDS = (
    "id", "entity", "location", "rating", "best", "worst", "posted_at", "edited_at", "language", "title", "text",
    "pros", "cons", "url", "author", "reply", "reply_at", "source",
)  # fmt: skip
RECOMMENDS = (
    "voted_up",
    "recommended",
    "is_recommended",
    "would_recommend",
    "recommend",
    "weiterempfehlung",
    "empfehlung",
)
"""Columns that say yes or no: a thumb, where a file has no other rating."""


@dataclass(frozen=True)
class Layout:
    """Field -> columns that may hold it, the first present one wins; the scale where the file does not give it."""

    columns: Mapping[str, tuple[str, ...]]
    best: float | None = None
    worst: float | None = None
    extra: tuple[str, ...] = ()
    required: tuple[str, ...] = field(default=())


@lru_cache(maxsize=4096)
def squash(name: str) -> str:
    """A name as it is compared: lower case, letters and digits alone."""
    return re.sub(r"[\W_]+", "", name.lower())


_GENERIC = {
    "id": ("review_id", "id", "source_review_id", "recommendation_id", "review_uuid", "uuid", "_id", "guid",
           "bewertungs_id", "bewertungsnummer", "review_key"),
    "entity": ("entity", "company", "business", "app", "app_name", "product", "product_name", "product_title",
               "company_name", "business_name", "hotel_name", "hotel", "place_name", "restaurant", "restaurant_name",
               "item_reviewed", "item_name", "business_unit", "brand", "firma", "unternehmen", "produkt", "produktname",
               "shop", "marke", "asin", "business_id"),
    "location": ("location", "branch", "store", "storefront", "city", "standort", "filiale", "ort", "stadt"),
    "rating": ("rating", "stars", "star_rating", "score", "rating_value", "overall_rating", "overall", "review_rating",
               "rate", "rating_stars", "review_stars", "review_score", "reviewer_score", "average_score", "user_rating",
               "customer_rating", "rating_overall", "grade", "nps", "nps_score",
               "bewertung", "sterne", "note", "gesamtbewertung", "punkte", "nota", "valoracion", "valoración",
               "puntuacion", "puntuación", "calificacion", "calificación", "punteggio", "valutazione", "voto",
               "beoordeling", "cijfer", "avaliacao", "avaliação", "ocena", "評価", "评分", *RECOMMENDS),
    "best": ("best", "rating_best", "best_rating", "max_rating", "rating_max", "rating_best_rating", "rating_out_of",
             "review_rating_best_rating", "review_rating_best", "out_of", "scale"),
    "worst": ("worst", "rating_worst", "worst_rating", "min_rating", "rating_min", "rating_worst_rating",
              "review_rating_worst_rating", "review_rating_worst"),
    "posted_at": ("posted_at", "date", "created_at", "created", "review_date", "published_at", "published_date",
                  "date_published", "publish_time", "published", "time_created", "created_time", "create_time",
                  "created_date", "created_on", "date_created", "submission_time", "submitted_at", "submission_date",
                  "posted_on", "posted", "post_date", "pub_date", "review_time", "review_created_at",
                  "dates_published_date", "published_at_date", "unix_review_time", "timestamp_created", "time",
                  "timestamp", "datum", "erstellt_am", "bewertungsdatum", "fecha", "data", "datetime", "at", "日付"),
    "edited_at": ("edited_at", "updated_at", "updated", "update_time", "updated_date", "dates_updated_date",
                  "date_modified", "last_modified", "modified_at", "modified", "timestamp_updated", "geaendert_am",
                  "geändert_am"),
    "language": ("language", "original_text_language_code", "text_language_code", "language_code",
                 "review_language", "lang", "sprache", "locale", "reviewer_language", "idioma", "lingua", "langue"),
    "title": ("title", "headline", "review_title", "review_headline", "review_header", "heading", "summary", "subject",
              "titel", "überschrift", "ueberschrift", "titre", "titulo", "título", "titolo", "betreff"),
    "text": ("text", "review", "review_text", "comment", "content", "body",
             "review_body", "review_content", "review_comment", "comment_text", "comments", "description", "excerpt",
             "opinion", "feedback", "remarks", "bewertungstext", "kommentar", "rezension", "rezensionstext", "freitext",
             "avis", "commentaire", "comentario", "comentário", "opinión", "recensione", "commento", "testo", "texto",
             "texte", "recensie", "message", "original_text"),
    "pros": ("pros", "liked", "liked_text", "positive", "positive_text", "positive_review", "review_positive", "pro",
             "advantages", "vorteile", "avantages", "ventajas", "vantaggi"),
    "cons": ("cons", "disliked", "disliked_text", "negative", "negative_text", "negative_review", "review_negative",
             "contra", "disadvantages", "nachteile", "inconvenients", "inconvénients", "desventajas", "svantaggi"),
    "url": ("url", "link", "review_url", "review_link", "permalink", "review_uri", "google_maps_uri", "html_url"),
    "author": ("author", "author_name", "author_display_name", "author_attribution", "reviewer", "reviewer_name",
               "reviewer_nickname", "user", "username", "user_name", "user_display_name", "consumer", "consumer_name",
               "customer_name", "customer", "guest_name", "guest", "display_name", "profile_name", "nickname",
               "user_nickname", "name", "user_id", "autor", "verfasser", "kunde", "kundenname", "usuario", "auteur",
               "autore", "cliente"),
    "reply": ("reply", "response", "owner_reply", "owner_response", "developer_response", "company_reply", "reply_text",
              "response_text", "response_from_owner_text", "management_response", "business_response", "review_reply",
              "merchant_reply", "antwort", "antworttext", "respuesta", "risposta", "reponse", "réponse"),
    "reply_at": ("reply_at", "response_date", "reply_date", "reply_published_date", "reply_created_at",
                 "company_reply_created_at", "owner_response_date", "response_from_owner_date",
                 "review_reply_update_time", "response_published_date", "response_created_at", "reply_time",
                 "antwort_am", "antwortdatum"),
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
            "edited_at": ("review_last_update_date_and_time", "review_last_update_millis_since_epoch"),
            "language": ("reviewer_language",),
            "title": ("review_title",),
            "text": ("review_text",),
            "url": ("review_link",),
            "reply": ("developer_reply_text",),
            "reply_at": ("developer_reply_date_and_time", "developer_reply_millis_since_epoch"),
        },
        best=5,
        worst=1,
        extra=("app_version_code", "app_version_name", "device"),
        required=("rating",),
    ),
    # App Store Connect: the customer-review resource of its API, and the exports that follow its names.
    "app_store_connect": Layout(
        {
            "id": ("review_id", "id"),
            "entity": ("app_name", "app"),
            "location": ("territory", "storefront", "country"),
            "rating": ("rating", "star_rating"),
            "posted_at": ("created_date", "date", "submitted", "last_modified"),
            "edited_at": ("last_modified_date", "updated"),
            "title": ("title", "review_title"),
            "text": ("body", "review", "review_text", "content"),
            "author": ("reviewer_nickname", "nickname", "author", "reviewer"),
            "reply": ("developer_response", "response_body", "response"),
            "reply_at": ("developer_response_date", "response_last_modified_date", "response_date"),
        },
        best=5,
        worst=1,
        extra=("version", "app_version"),
        required=("rating",),
    ),
    # Public Skytrax data set: overall rating 1-10; airlines, airports, lounges and seats differ in the rest.
    "skytrax": Layout(
        {
            "entity": ("airline_name", "airport_name", "airline", "lounge_name"),
            "rating": ("overall_rating", "rating"),
            "posted_at": ("date", "review_date", "date_of_review"),
            "title": ("title", "header"),
            "text": ("content", "review", "review_text", "customer_review"),
            "author": ("author", "name", "customer_name"),
        },
        best=10,
        worst=1,
        extra=("author_country", "recommended", "cabin_flown", "type_traveller", "aircraft"),
        required=("rating",),
    ),
    # Trustpilot's business export, its API and webhooks, and the review nodes of its pages.
    "trustpilot": Layout(
        {
            "id": ("review_id", "id"),
            "entity": ("company", "domain", "business_unit", "company_name", "business_unit_display_name"),
            "rating": ("stars", "rating", "review_stars", "star_rating"),
            "posted_at": ("review_created_utc", "created_at", "dates_published_date", "published_date", "date",
                          "review_date"),
            "edited_at": ("updated_at", "dates_updated_date", "review_updated_utc"),
            "language": ("language", "review_language"),
            "title": ("review_title", "title", "review_header"),
            "text": ("review_content", "text", "review_text", "review_body"),
            "url": ("review_url", "url"),
            "author": ("review_username", "consumer_display_name", "consumer_name", "consumer", "author", "username",
                       "name"),
            "reply": ("company_reply_text", "company_reply", "reply_message", "reply"),
            "reply_at": ("company_reply_date_utc", "company_reply_created_at", "reply_published_date", "reply_date"),
        },
        best=5,
        worst=1,
        extra=("is_verified", "verification_level", "reference_id", "location_id"),
        required=("rating",),
    ),
    # Yelp's data set, JSON lines; its API's reviews below a business as well.
    "yelp": Layout(
        {
            "id": ("review_id", "id"),
            "entity": ("business_id",),
            "rating": ("stars", "rating"),
            "posted_at": ("date", "time_created"),
            "text": ("text", "excerpt"),
            "url": ("url",),
            "author": ("user_name", "user_id"),
        },
        best=5,
        worst=1,
        extra=("useful", "funny", "cool"),
        required=("rating",),
    ),
    # Amazon Reviews 2023 (JSON lines, Unix milliseconds) and the sets of 2014 and 2018 (seconds).
    "amazon": Layout(
        {
            "entity": ("parent_asin", "asin"),
            "rating": ("rating", "overall", "star_rating"),
            "posted_at": ("timestamp", "unix_review_time", "sort_timestamp", "review_date"),
            "title": ("title", "summary", "review_headline"),
            "text": ("text", "review_text", "review_body"),
            "author": ("user_id", "reviewer_id", "customer_id"),
        },
        best=5,
        worst=1,
        extra=("helpful_vote", "verified_purchase"),
        required=("rating",),
    ),
}  # fmt: skip
