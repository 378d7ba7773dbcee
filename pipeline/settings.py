"""Frozen settings from `leumund.toml` and the environment; read by steps and the command line alone.

Order: environment (`LEUMUND_HOME`, `LEUMUND_NOTIFY__URLS`, ...), then the file, then the defaults.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.errors import UsageError
from pipeline.reputation.quiet_hours import parse_quiet_hours
from pipeline.sources.source import Permission, Subscription

CONFIG_NAME = "leumund.toml"
PACKAGE_DIR = Path(__file__).resolve().parent


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}; use a name such as Europe/Berlin")
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]


def _two_hours(text: str) -> str:
    parse_quiet_hours(text)
    return text


QuietHoursText = Annotated[str, AfterValidator(_two_hours)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntitySettings(_Section):
    """What is reviewed: a key, the name people read, and its business time zone."""

    name: str = Field(min_length=1)
    title: str = ""
    time_zone: TimeZoneName | None = None


class PermissionSettings(_Section):
    """Why we may fetch: basis, who said so, and when."""

    basis: str = Field(min_length=3)
    granted_by: str = Field(min_length=2)
    granted_on: date
    note: str = ""


class SubscriptionSettings(_Section):
    """One thing to collect: a source, an entity, usually an address, and the permission record."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    source: str
    entity: str
    url: str | None = None
    location: str | None = None
    site: str | None = Field(default=None, min_length=1, description="the name people know the site by")
    language: str | None = None
    overlap_days: int = Field(default=3, ge=0, le=60)
    reread_days: int = Field(default=7, ge=0, le=365, description="all the source shows is read again; 0: never")
    allow_private_hosts: bool = False
    options: dict[str, str] = {}
    permission: PermissionSettings | None = None

    @property
    def site_name(self) -> str:
        """The site's name in every table and page; two pages of one site share it."""
        return self.site or self.source

    def to_subscription(self) -> Subscription:
        """The record that `pipeline.sources` works with."""
        permission = Permission(**self.permission.model_dump()) if self.permission else None
        return Subscription(
            name=self.name,
            source=self.source,
            entity=self.entity,
            url=self.url,
            location=self.location,
            options=dict(self.options),
            permission=permission,
            allow_private_hosts=self.allow_private_hosts,
            language=self.language,
            overlap_days=self.overlap_days,
        )


class EventSettings(_Section):
    """A dated event for the calendar: a campaign, a recall, a new policy."""

    entity: str
    kind: Literal["campaign", "recall", "policy", "release", "other"]
    title: str
    start: date
    end: date | None = None


class AlertSettings(_Section):
    """How many false alerts a month the owner accepts over all he watches, and when he may be disturbed."""

    per_month: float = Field(default=1.0, gt=0, le=100)
    quiet_hours: QuietHoursText = "21-7"
    language: Literal["en", "de"] = "en"


class NotifySettings(_Section):
    """Where alerts and reports go: Apprise URLs. Give secrets by LEUMUND_NOTIFY__URLS, not in the file.

    `link_base` is the address at which people reach Airflow's web page; with it messages carry signed links to answer,
    good for `link_days`.
    """

    urls: tuple[str, ...] = ()
    console: bool = True
    max_per_hour: int = Field(default=3, ge=1)
    link_base: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    link_days: int = Field(default=14, ge=1, le=90)


class ReportSettings(_Section):
    """Languages of the weekly page."""

    languages: tuple[Literal["en", "de"], ...] = ("en", "de")


class ModelSettings(_Section):
    """The sentiment model: the shipped one, another of the same form in `directory`, or any of a hub (needs torch).

    `hub` is a Hugging Face id or a folder of that form; `labels` says what its labels mean (negative, neutral,
    positive, or 1 to 5 stars) where their names do not; `languages` are those it is trusted with.
    """

    directory: Path | None = None
    hub: str | None = None
    revision: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    languages: tuple[str, ...] = ("en", "de", "fr", "es", "it", "nl", "pt")
    threads: int | None = Field(default=None, ge=1)
    part_size: int = Field(default=20_000, ge=100)


class PrivacySettings(_Section):
    """How long what is kept; counted from the day we collected it."""

    raw_days: int = Field(default=30, ge=1)
    text_months: int = Field(default=24, ge=1)
    removed_text_days: int = Field(default=30, ge=0)


class FetchSettings(_Section):
    """How politely sites are asked. A subscription's option `interval_s` wins; a longer Crawl-delay wins over both."""

    interval_s: float = Field(default=5.0, ge=0, le=3600)
    patience_s: float = Field(default=120.0, ge=0, le=3600)
    retries: int = Field(default=3, ge=0, le=10)
    backoff_s: float = Field(default=1.0, ge=0, le=60)
    max_minutes: float = Field(default=240.0, gt=0, description="for one subscription in one run")


class Settings(BaseSettings):
    """All settings, frozen. `home` holds every file Leumund writes."""

    model_config = SettingsConfigDict(
        env_prefix="LEUMUND_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    home: Path = Path("var")
    contact: str = ""
    time_zone: TimeZoneName = "Europe/Berlin"
    batch_size: int = Field(default=10, ge=1)
    entity: tuple[EntitySettings, ...] = ()
    subscription: tuple[SubscriptionSettings, ...] = ()
    event: tuple[EventSettings, ...] = ()
    alerts: AlertSettings = AlertSettings()
    notify: NotifySettings = NotifySettings()
    report: ReportSettings = ReportSettings()
    model: ModelSettings = ModelSettings()
    privacy: PrivacySettings = PrivacySettings()
    fetch: FetchSettings = FetchSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the signature is theirs)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which arrives as init values."""
        return env_settings, init_settings

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file; only the pipeline opens it."""
        return self.home / "warehouse.duckdb"

    @property
    def raw_dir(self) -> Path:
        """Fetched pages, unchanged."""
        return self.home / "raw"

    @property
    def staged_dir(self) -> Path:
        """Prepared reviews and texts on their way into the warehouse."""
        return self.home / "staged"

    @property
    def published_dir(self) -> Path:
        """The analysts' files."""
        return self.home / "published"

    @property
    def reports_dir(self) -> Path:
        """Weekly pages: reports/<entity>/<week>/<lang>.html."""
        return self.home / "reports"

    @property
    def alerts_dir(self) -> Path:
        """One JSON file an incident."""
        return self.home / "alerts"

    @property
    def airflow_dir(self) -> Path:
        """Airflow's own home: its database, logs and configuration."""
        return self.home / "airflow"

    @property
    def client_dir(self) -> Path:
        """What the polite client remembers: robots files, validators, last request a host."""
        return self.home / "client"

    @property
    def sql_dir(self) -> Path:
        """The .sql files: migrations, macros, marts, checks."""
        return resource_dir("warehouse")

    @property
    def model_dir(self) -> Path:
        """The model's directory: the one configured, else the shipped one."""
        return self.model.directory or resource_dir("models") / "sentiment"

    def entity_zone(self, entity: str) -> ZoneInfo:
        """The business time zone of an entity; the general one where it has none of its own."""
        for known in self.entity:
            if known.name == entity and known.time_zone:
                return ZoneInfo(known.time_zone)
        return ZoneInfo(self.time_zone)

    def entity_title(self, entity: str) -> str:
        """The name people read; the key itself where none is given."""
        return next((known.title for known in self.entity if known.name == entity and known.title), entity)

    def secret(self) -> bytes:
        """The key of author pseudonyms: `LEUMUND_SECRET`, else a random one kept in `home` (mode 0600)."""
        given = os.environ.get("LEUMUND_SECRET")
        if given:
            return given.encode()
        path = self.home / "secret.key"
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            key = secrets.token_hex(32).encode()
            file.write(key)
        return key


def resource_dir(name: str) -> Path:
    """Where `dags`, `warehouse` or `models` lie: beside the package in a checkout, inside it when installed."""
    shipped = PACKAGE_DIR / "_shipped" / name
    return shipped if shipped.is_dir() else PACKAGE_DIR.parent / name


def config_path(explicit: Path | None = None) -> Path | None:
    """The settings file: the one given, `LEUMUND_CONFIG`, or ./leumund.toml; None where there is none.

    Raises:
        UsageError: a file was named but does not exist.
    """
    named = explicit or (Path(os.environ["LEUMUND_CONFIG"]) if os.environ.get("LEUMUND_CONFIG") else None)
    if named is None:
        found = Path(CONFIG_NAME)
        return found.resolve() if found.is_file() else None
    if not named.is_file():
        raise UsageError("no such settings file", where=str(named), remedy="Write one with `leumund init`")
    return named.resolve()


def load(explicit: Path | None = None) -> Settings:
    """The settings in force; a relative `home` is taken from the settings file's folder.

    Raises:
        UsageError: the file is missing, is not TOML, or holds a value that cannot be used.
    """
    path = config_path(explicit)
    values: Mapping[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"not valid TOML: {error}", where=str(path), remedy="Mend that line") from error
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise UsageError(
            _first_fault(error), where=str(path or "environment"), remedy="See docs/operators.md"
        ) from error
    _check_names(settings, path)
    base = path.parent if path is not None else Path.cwd()
    return settings.model_copy(update={"home": (base / settings.home).resolve()})


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    spot = ".".join(str(part) for part in fault["loc"])
    return f"{spot}: {fault['msg']}"


def _check_names(settings: Settings, path: Path | None) -> None:
    names = [subscription.name for subscription in settings.subscription]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"two subscriptions are called {twice!r}", where=str(path), remedy="Give each its own name")
