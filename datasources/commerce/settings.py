"""The settings of commerce."""

from pydantic import SecretStr

from datasources.setting_types import DatabaseUrl, ServiceUrl
from datasources.settings import SettingsPart, database, secret, service


class CommerceSettings(SettingsPart):
    commerce_database_url: DatabaseUrl | None = database(of="commerce")
    payments_url: ServiceUrl | None = service(
        "The payment service, which speaks Stripe's API.",
        stand_in="payments",
        example="https://api.stripe.com",
    )
    payments_key: SecretStr = secret(
        "The secret key at the payment service.",
        development="sk_test_development",
        how="take it from your Stripe dashboard, Developers, API keys",
    )
    payments_webhook_secret: SecretStr = secret(
        "Checks the signatures of the payment service's webhooks.",
        development="whsec_development",
        how="take it from your Stripe dashboard, Developers, Webhooks",
    )
    carriers_url: ServiceUrl | None = service(
        "The carriers' service, which speaks the OpenAPI document of `datasources/sandbox`.",
        stand_in="carriers",
        example="https://carriers.example.com",
    )
    carriers_key: SecretStr = secret(
        "The bearer token at the carriers' service.",
        development="development",
        how="take it from your carrier",
    )
