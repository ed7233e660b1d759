"""The settings of social."""

from pydantic import SecretStr

from datasources.setting_types import DatabaseUrl, ServiceUrl
from datasources.settings import SettingsPart, database, secret, service


class SocialSettings(SettingsPart):
    social_database_url: DatabaseUrl | None = database(of="social")
    recommendations_url: ServiceUrl | None = service(
        "The recommendation service, which speaks the OpenAPI document of `datasources/sandbox`.",
        stand_in="recommendations",
        example="https://recommendations.example.com",
    )
    recommendations_key: SecretStr = secret(
        "The bearer token at the recommendation service.",
        development="development",
        how="take it from your recommendation service",
    )
