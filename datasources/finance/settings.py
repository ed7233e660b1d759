"""The settings of finance."""

from pydantic import Field, SecretStr

from datasources.setting_types import DatabaseUrl, ServiceUrl
from datasources.settings import SettingsPart, database, secret, service


class FinanceSettings(SettingsPart):
    finance_database_url: DatabaseUrl | None = database(of="finance")
    screening_url: ServiceUrl | None = service(
        "The screening service, which speaks yente's API.",
        stand_in="screening",
        example="https://yente.example.com",
    )
    screening_key: SecretStr = secret(
        "The API key at the screening service.",
        development="development",
        how="take it from whoever runs your yente, or from OpenSanctions",
    )
    screening_dataset: str = Field(
        default="default", pattern=r"^[a-z_]{1,60}$", description="Which of its lists names are matched against."
    )
