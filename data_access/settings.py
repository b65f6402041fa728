"""Settings from the environment and `.env`, typed. `docs/settings.md` lists them all (generated, tested)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting: its name in upper case is the environment variable."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    warehouse_url: str = Field(
        "duckdb:///data/warehouse.duckdb",
        description="Analytics warehouse: `duckdb:///file` or `postgresql://user:password@host/database`; unset, a file in DATA_DIR.",
    )
    store_url: str = Field(
        "sqlite:///data/store.sqlite", description="Application store: `sqlite:///file` or `postgresql://…`; unset, a file in DATA_DIR."
    )
    data_dir: Path = Field(
        Path("data"), description="Folder for files the product writes: the two databases where unset, journal, rejects."
    )
    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` for every interface.")
    port: int = Field(8501, ge=1, le=65535, description="Port for pages and API.")
    demo_mode: bool = Field(False, description="Demonstration: sample tenants, printed passwords, no secret needed. Never with real data.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs CSRF tokens and pseudonyms, 32 characters or more; `vigie check --new-secret` prints one. Needed outside demos.",
    )
    session_hours: float = Field(12, gt=0, le=24 * 90, description="A sign-in ends after this many hours.")
    query_budget_seconds: float = Field(20, gt=0, description="A question that runs longer is stopped and says so.")
    cache_megabytes: int = Field(256, ge=0, description="Memory for cached answers; 0 turns the cache off.")
    warehouse_memory: str = Field("2GB", pattern=r"^\d+(MB|GB)$", description="Memory limit of the embedded warehouse.")
    warehouse_threads: int = Field(0, ge=0, description="Threads of the embedded warehouse; 0 = one per core.")
    trusted_proxies: str = Field("", description="Comma-separated proxy addresses whose X-Forwarded-For is believed.")
    secure_cookies: bool = Field(False, description="Mark cookies Secure; switch on wherever the cockpit is served over HTTPS.")
    api_rate_per_minute: int = Field(600, gt=0, description="API requests per token and minute.")
    login_rate_per_minute: int = Field(30, gt=0, description="Sign-in attempts per address and minute, before the per-account back-off.")
    collect: bool = Field(True, description="Take events from SDKs in this process; off where `vigie collect` does.")
    journal_dir: Path | None = Field(
        None, description="Folder of the journal that events are safe in before they are answered; default DATA_DIR/journal."
    )
    journal_megabytes: int = Field(
        2048, ge=16, description="Events that may wait for the warehouse; beyond it clients are told to come back (503)."
    )
    ingest_events_per_second: int = Field(
        50_000, gt=0, description="Events per tenant and second, ten seconds of them at once; beyond it 429."
    )
    geo_database: Path | None = Field(
        None, description="Country database in MMDB format; without one the country of an event stays unknown."
    )
    kafka_brokers: str = Field("", description="Kafka brokers `host:port,…`; needs the extra `vigie[kafka]`.")
    kafka_map: Path | None = Field(
        None, description="TOML file that says what the messages of each topic are; with it events come in from Kafka."
    )
    kafka_group: str = Field("vigie", description="Consumer group; processes of one group share the partitions.")
    kafka_exit: str = Field(
        "", description="Prefix of topics to which rows are published once the warehouse has them; empty publishes nothing."
    )
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to speak to the brokers: `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`."
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field("SCRAM-SHA-512", description="SASL mechanism.")
    kafka_user: str = Field("", description="SASL user.")
    kafka_password: SecretStr = Field(SecretStr(""), description="SASL password.")
    kafka_ca: Path | None = Field(None, description="Certificate authority of the brokers; default the system's.")
    environment: str = Field(
        "production", max_length=40, description="Which thresholds of alert rules hold here, by the name rules give them."
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="Where people reach the cockpit, such as https://vigie.example; links in messages lead there.",
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Mail server: `smtp://user:password@host:587` (TLS where offered) or `smtps://…:465`; without one no mail.",
    )
    mail_from: str = Field("vigie@localhost", description="Sender of the mails.")
    allowed_private_hosts: str = Field(
        "", description="Comma-separated hosts with private addresses that webhooks may call; every other private address is refused."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Lowest level that is logged.")

    @model_validator(mode="before")
    @classmethod
    def _databases_in_data_dir(cls, given: dict[str, Any]) -> dict[str, Any]:
        if folder := given.get("data_dir"):
            files = {"warehouse_url": f"duckdb:///{folder}/warehouse.duckdb", "store_url": f"sqlite:///{folder}/store.sqlite"}
            return {**files, **given}
        return given

    @property
    def private_hosts(self) -> frozenset[str]:
        """`allowed_private_hosts` as a set."""
        return frozenset(host.strip() for host in self.allowed_private_hosts.split(",") if host.strip())

    @property
    def embedded(self) -> bool:
        """True where the warehouse is a file that only one process may open."""
        return self.warehouse_url.startswith("duckdb")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()


class InvalidSettings(RuntimeError):
    """A setting stops the start; the message holds the command that mends it."""
