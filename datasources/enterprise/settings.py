"""The settings of enterprise."""

from pydantic import Field, ValidationInfo, field_validator

from datasources.setting_types import DatabaseUrl, Hosts, Secret
from datasources.settings import SettingsPart, database


class EnterpriseSettings(SettingsPart):
    enterprise_database_url: DatabaseUrl | None = database(of="enterprise")
    webhook_hosts: Hosts = Field(
        default=(),
        description="Hosts that workflows may call, separated by commas, with a port if it is not the usual one. Names "
        "are called by https and lead to public addresses; an address of a private network is listed itself.",
        examples=["hooks.example.com,10.0.0.7:8080"],
    )
    webhook_secret: Secret | None = Field(
        default=None,
        validate_default=True,
        description="Signs these calls; at least 32 bytes. Needed where hosts are listed.",
        examples=["$(openssl rand -hex 32)"],
    )

    @field_validator("webhook_secret")
    @classmethod
    def _calls_are_signed(cls, secret: Secret | None, info: ValidationInfo) -> Secret | None:
        if secret is None and info.data.get("webhook_hosts"):
            raise ValueError("calls to HEDDLE_WEBHOOK_HOSTS are signed with it, and it is missing")
        return secret
