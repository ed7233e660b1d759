"""Settings are read, refused and documented."""

from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from datasources.commerce.settings import CommerceSettings
from datasources.settings import Settings, SettingsPart, WrongSetting, extra_of, read, variable
from datasources.settings_check import check
from schema.graph import DOMAINS

ROOT = Path(__file__).parents[2]
PARTS: tuple[type[SettingsPart], ...] = (Settings, *(domain.settings for domain in DOMAINS))
MAKE = 'write what this prints: python -c "import secrets; print(secrets.token_urlsafe(32))"'
MAKE_OR_NAME = f"{MAKE}, or name an issuer by HEDDLE_JWKS_URL"
MAKE_KEY = 'python -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"'


def complaints(parts: tuple[type[SettingsPart], ...] = PARTS) -> list[str]:
    with pytest.raises(WrongSetting) as caught:
        check(parts)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "PORT",
            "http",
            "is wrong: input should be a valid integer, unable to parse string as an integer; "
            "write for example HEDDLE_PORT=8000",
        ),
        ("PORT", "65536", "is wrong: input should be less than or equal to 65535; write for example HEDDLE_PORT=8000"),
        (
            "ENV",
            "prod",
            "is wrong: input should be 'development' or 'production'; write for example HEDDLE_ENV=production",
        ),
        ("PROT", "8000", "is no setting; did you mean HEDDLE_PORT?"),
        ("QQQ", "1", "is no setting; README lists all settings, under Settings"),
        ("TOKEN_SECRET", "hunter2", f"is wrong: it has 7 bytes, and needs 32 at least; {MAKE_OR_NAME}"),
        ("INDEX_SECRET", "hunter2", f"is wrong: it has 7 bytes, and needs 32 at least; {MAKE}"),
        (
            "ENCRYPTION_KEYS",
            "k1:hunter2?",
            f"is wrong: key 'k1' is not base64; write k1:KEY, with a KEY made by: {MAKE_KEY}",
        ),
        (
            "COMMERCE_DATABASE_URL",
            "mysql://root:hunter2@localhost/shop",
            "is wrong: it is neither postgresql://user@host/name nor sqlite:///path; "
            "write for example HEDDLE_COMMERCE_DATABASE_URL=postgresql://heddle@localhost/commerce",
        ),
        *(
            (
                "CORS_ORIGINS",
                value,
                f"is wrong: '{wrong}' is no origin: a scheme and a host in lower case, and a port if it is not the "
                "usual one; write for example HEDDLE_CORS_ORIGINS=https://shop.example.com,https://admin.example.com",
            )
            for value, wrong in (
                ("*", "*"),
                ("null", "null"),
                ("shop.example.com", "shop.example.com"),
                ("https://a.example.com,https://b.example.com/", "https://b.example.com/"),
                ("https://Shop.example.com", "https://Shop.example.com"),
                ("https://*.example.com", "https://*.example.com"),
                ("https://a.example.com,", ""),
            )
        ),
        (
            "COST_PER_MINUTE",
            "99999",
            "is wrong: nobody could ever ask for HEDDLE_MAX_COST, which is 100000; "
            "write for example HEDDLE_COST_PER_MINUTE=1000000",
        ),
        (
            "REDIS_URL",
            "http://:hunter2@localhost",
            "is wrong: it is neither redis://host:port/0 nor unix:///path; "
            "write for example HEDDLE_REDIS_URL=redis://localhost:6379/0",
        ),
        (
            "TRUSTED_PROXIES",
            "10.0.0.0/8,localhost",
            "is wrong: 'localhost' does not appear to be an IPv4 or IPv6 network; "
            "write for example HEDDLE_TRUSTED_PROXIES=10.0.0.0/8",
        ),
        (
            "PAYMENTS_URL",
            "localhost:12111",
            "is wrong: it is no address that begins with http:// or https://; "
            "write its address, for example https://api.stripe.com",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_remedy(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HEDDLE_{name}", value)
    (line,) = complaints()
    assert line == f"HEDDLE_{name} {said}"
    assert "hunter2" not in line


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "WORKERS", "CARRIERS_URL", "XYZ"):
        monkeypatch.setenv(f"HEDDLE_{name}", "x")
    assert [line.split()[0] for line in complaints()] == [
        "HEDDLE_XYZ",
        "HEDDLE_PORT",
        "HEDDLE_WORKERS",
        "HEDDLE_CARRIERS_URL",
    ]


def test_two_databases_are_not_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOUSE", "COMMERCE"):
        monkeypatch.setenv(f"HEDDLE_{name}_DATABASE_URL", "postgresql://hunter2@localhost/all")
    assert complaints() == [
        "HEDDLE_COMMERCE_DATABASE_URL is the database of HEDDLE_HOUSE_DATABASE_URL; write the address of one of its own"
    ]


def test_in_production_the_house_is_where_every_machine_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDDLE_COMMERCE_DATABASE_URL", "postgresql://hunter2@localhost/commerce")
    check(PARTS)
    for name, value in (needed() | {"HEDDLE_ENV": "production"}).items():
        monkeypatch.setenv(name, value)
    assert complaints() == [
        "HEDDLE_HOUSE_DATABASE_URL is missing, and production needs it beside HEDDLE_COMMERCE_DATABASE_URL: in a file, "
        "each machine would know of its own revocations only; write for example "
        "HEDDLE_HOUSE_DATABASE_URL=postgresql://heddle@localhost/house"
    ]
    monkeypatch.setenv("HEDDLE_HOUSE_DATABASE_URL", "postgresql://hunter2@localhost/house")
    check(PARTS)


def test_the_environment_says_more_than_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("HEDDLE_PORT=9001\nHEDDLE_WORKERS=3\nHEDDLE_HOTS=1\nOTHER=1\n")
    monkeypatch.setenv("HEDDLE_PORT", "9002")
    monkeypatch.setenv("HEDDLE_DATA", "")  # as good as absent
    settings = read(Settings)
    assert (settings.port, settings.workers, settings.data) == (9002, 3, Path("data"))
    assert complaints() == ["HEDDLE_HOTS is no setting; did you mean HEDDLE_HOST?"]


def needed() -> dict[str, str]:
    """What production must be given: a value that is good, by the variable."""
    good = {"encryption_keys": "k1:" + "QUFB" * 10 + "QUE=", "stand_in": "https://service.example.com"}
    return {
        variable(name): good["stand_in"] if "stand_in" in extra else good.get(name, "x" * 40)
        for part in PARTS
        for name, field in part.model_fields.items()
        if "how" in (extra := extra_of(field))
    }


def test_production_needs_every_secret_and_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDDLE_ENV", "production")
    lines = complaints()
    assert [line.split()[0] for line in lines] == list(needed())
    assert all(" is missing, and production needs it: " in line for line in lines)
    for name, value in needed().items():
        monkeypatch.setenv(name, value)
    check(PARTS)


def test_production_refuses_what_everybody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDDLE_ENV", "production")
    for name, value in needed().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HEDDLE_TOKEN_SECRET", "for development only, not a secret: tokens")
    monkeypatch.setenv("HEDDLE_PAYMENTS_KEY", "sk_test_development")
    everybody_knows = "is the value for development, which everybody knows:"
    assert complaints() == [
        f"HEDDLE_TOKEN_SECRET {everybody_knows} {MAKE_OR_NAME}",
        f"HEDDLE_PAYMENTS_KEY {everybody_knows} take it from your Stripe dashboard, Developers, API keys",
    ]


ISSUER = {
    "JWKS_URL": "https://id.example.com/keys",
    "TOKEN_ISSUER": "https://id.example.com",
}
"""What names an issuer of tokens."""


def test_in_production_an_issuer_stands_in_for_the_secret_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDDLE_ENV", "production")
    for name, value in (needed() | {f"HEDDLE_{name}": value for name, value in ISSUER.items()}).items():
        monkeypatch.setenv(name, value)
    check(PARTS)
    monkeypatch.delenv("HEDDLE_TOKEN_SECRET")
    check(PARTS)
    assert read(Settings).token_secret is None
    monkeypatch.setenv("HEDDLE_TOKEN_SECRET", "for development only, not a secret: tokens")
    assert complaints()[0].startswith("HEDDLE_TOKEN_SECRET is the value for development, which everybody knows: ")


@pytest.mark.parametrize(
    ("env", "changed", "said"),
    [
        (
            "production",
            {"JWKS_URL": "http://id.example.com/keys"},
            "HEDDLE_JWKS_URL is wrong: in production it begins with https://, for whoever can change keys can be "
            "anybody; write for example HEDDLE_JWKS_URL=https://id.example.com/.well-known/jwks.json",
        ),
        (
            "development",
            {"JWKS_URL": "file:///etc/passwd"},
            "HEDDLE_JWKS_URL is wrong: it is no address that begins with http:// or https://; "
            "write for example HEDDLE_JWKS_URL=https://id.example.com/.well-known/jwks.json",
        ),
        (
            "development",
            {"RATES_URL": "https://me:hidden@rates.example.com"},
            "HEDDLE_RATES_URL is wrong: it has a user or password in it, which would end in logs; services have keys "
            "of their own; write its address, for example https://api.frankfurter.dev",
        ),
        (
            "development",
            {"TOKEN_ISSUER": ""},
            "HEDDLE_TOKEN_ISSUER is wrong: the keys of HEDDLE_JWKS_URL are for one issuer's tokens alone, and it names "
            "none; write for example HEDDLE_TOKEN_ISSUER=https://id.example.com",
        ),
        (
            "development",
            {"JWKS_URL": ""},
            "HEDDLE_TOKEN_ISSUER is wrong: it is of no use without HEDDLE_JWKS_URL; "
            "write for example HEDDLE_TOKEN_ISSUER=https://id.example.com",
        ),
        (
            "development",
            {"TOKEN_ISSUER": "heddle"},
            "HEDDLE_TOKEN_ISSUER is wrong: 'heddle' is whom HEDDLE_TOKEN_SECRET signs for; "
            "write for example HEDDLE_TOKEN_ISSUER=https://id.example.com",
        ),
    ],
)
def test_addresses_and_issuers_that_cannot_be_are_told(
    env: str, changed: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {f"HEDDLE_{name}": value for name, value in (ISSUER | changed | {"ENV": env}).items()}
    for name, value in ({**needed(), **given} if env == "production" else given).items():
        monkeypatch.setenv(name, value)
    assert complaints() == [said]


def test_a_secret_is_never_shown() -> None:
    assert "sk_test_development" not in repr(read(CommerceSettings))
    assert "not a secret" not in repr(read(Settings))


def test_readme_lists_every_setting() -> None:
    """Where this fails, put what it expects between the two marks."""
    fields = {variable(name): field for part in PARTS for name, field in part.model_fields.items()}
    rows = [f"| `{name}` | {default(field)} | {field.description} |" for name, field in fields.items()]
    table = "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows])
    _, _, rest = (ROOT / "README.md").read_text().partition("<!-- settings -->\n")
    assert rest.partition("\n<!-- /settings -->")[0] == table


def default(field: FieldInfo) -> str:
    extra = extra_of(field)
    if "stand_in" in extra:
        return "a stand-in; none in production"
    if "development" in extra:
        return "none in production"
    return "" if field.default in (None, ()) else f"`{field.default}`"


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Settings).cors_origins == ()
    monkeypatch.setenv("HEDDLE_CORS_ORIGINS", "https://shop.example.com, http://localhost:3000")
    assert read(Settings).cors_origins == ("https://shop.example.com", "http://localhost:3000")
