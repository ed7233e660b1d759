"""The settings of social."""

from pydantic import Field, SecretStr

from datasources.setting_types import DatabaseUrl, ServiceUrl
from datasources.settings import SettingsPart, secret, service


class SocialSettings(SettingsPart):
    social_database_url: DatabaseUrl | None = Field(
        default=None,
        description="The database of social; without it, `social.db` in the data directory.",
        examples=["postgresql://heddle@localhost/social"],
    )
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
