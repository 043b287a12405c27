"""Settings of the central API."""

from dataclasses import dataclass
from pathlib import Path

from club.settings.schema import Secret, section, setting
from club.settings.shared import ClockSetting, Log


@dataclass(frozen=True, slots=True)
class Http:
    """Where the service listens."""

    host: str = setting("127.0.0.1", "Address to listen on; behind a proxy this stays.")
    port: int = setting(8700, "Port to listen on; 0 takes a free one.", minimum=0, maximum=65535)
    public_url: str = setting(
        "", "Address under which staff and devices reach it; empty: host and port.", url=("http", "https")
    )
    trusted_proxies: tuple[str, ...] = setting(
        ("127.0.0.1",),
        "Proxies whose X-Forwarded-For is believed; behind another one all callers would share one limit of guesses.",
        network=True,
    )
    max_body_kib: int = setting(
        20_480, "Largest body accepted, such as a picture.", unit="KiB", minimum=64, maximum=1_048_576
    )
    session_cookie_secure: bool = setting(
        False, "Send the console's cookie over HTTPS only; true behind a proxy with a certificate."
    )


@dataclass(frozen=True, slots=True)
class Database:
    """Where the books are kept."""

    url: Secret = setting(
        Secret("sqlite:////var/lib/xingzhou-club/central/club.db"),
        "SQLite for one store, or PostgreSQL: postgresql+psycopg://user:password@host/name.",
    )
    pool_size: int = setting(5, "Connections kept open to PostgreSQL.", minimum=1, maximum=100)
    busy_timeout_s: float = setting(
        5.0, "How long a write waits for another one in SQLite.", unit="s", minimum=0.1, maximum=60
    )


@dataclass(frozen=True, slots=True)
class Media:
    """Where pictures are kept, each under its SHA-256."""

    dir: Path = setting(Path("/var/lib/xingzhou-club/central/media"), "Folder of the pictures.")


@dataclass(frozen=True, slots=True)
class Keys:
    """Master keys: of cards, of store mirrors, of sessions."""

    file: Path = setting(
        Path("/var/lib/xingzhou-club/central/keys.toml"),
        "File of the master keys; made at first start, readable by the service's account only (0600).",
    )


@dataclass(frozen=True, slots=True)
class Cards:
    """Member cards."""

    url: str = setting(
        "https://c.example.invalid/t?e={picc}&c={mac}",
        "What an issued card shows a phone; {picc} and {mac} once each, where the chip writes its message.",
    )
    low_stock: int = setting(
        20, "Blank cards of a batch below which staff are warned.", unit="cards", minimum=0, maximum=10_000
    )


@dataclass(frozen=True, slots=True)
class Programme:
    """The club this service runs. Its rules are data with dates of effect, not settings."""

    slug: str = setting("xingzhou", "Name of the programme, for ever.")
    time_zone: str = setting("Asia/Shanghai", "Zone of days, month ends and expiry.", zone=True)
    demo_dir: str = setting(
        "", "Folder of demo content that load-demo reads; empty: the content that ships with the product."
    )


@dataclass(frozen=True, slots=True)
class Sessions:
    """How long people and devices are believed."""

    card_minutes: int = setting(
        10, "A card session without a request ends after this time.", unit="min", minimum=1, maximum=120
    )
    phone_tries: int = setting(
        20,
        "Sign-ins by phone that one kiosk may try in vain until it waits as long as a PIN's lock lasts.",
        minimum=5,
        maximum=1000,
    )
    registrations: int = setting(
        20, "Registrations that one kiosk takes in an hour; who comes then is sent to staff.", minimum=1, maximum=1000
    )
    staff_minutes: int = setting(
        30, "A staff session without a request ends after this time.", unit="min", minimum=5, maximum=1440
    )
    signature_skew_s: int = setting(
        300,
        "How far a device's clock may be from the server's for its signature to count.",
        unit="s",
        minimum=5,
        maximum=86_400,
    )
    enrol_code_min: int = setting(
        15, "How long a one-time enrolment code is good.", unit="min", minimum=1, maximum=1440
    )


@dataclass(frozen=True, slots=True)
class Feed:
    """How long the changes that devices follow are kept."""

    keep_days: int = setting(
        14,
        "A device that was away for longer fetches everything anew instead of what has changed.",
        unit="days",
        minimum=1,
        maximum=3650,
    )


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How other programs are told of events."""

    private_hosts: tuple[str, ...] = setting(
        (),
        "Hosts webhooks may go to without HTTPS or at an address that is not public, such as dms.store.lan; all others need both.",
    )
    timeout_s: float = setting(5.0, "How long a receiver may take to answer.", unit="s", minimum=0.1, maximum=30)
    ca_file: str = setting(
        "",
        "File of the authorities that receivers' certificates are checked with; empty: those the program comes with.",
    )
    keep_days: int = setting(
        90, "How long delivered events are kept, to be sent again by hand.", unit="days", minimum=1, maximum=3650
    )


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """Settings of the central API."""

    http: Http = section(Http)
    database: Database = section(Database)
    media: Media = section(Media)
    keys: Keys = section(Keys)
    cards: Cards = section(Cards)
    programme: Programme = section(Programme)
    sessions: Sessions = section(Sessions)
    feed: Feed = section(Feed)
    webhooks: Webhooks = section(Webhooks)
    clock: ClockSetting = section(ClockSetting)
    log: Log = section(Log)
