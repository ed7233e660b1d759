"""The settings of enterprise."""

from pydantic import Field

from datasources.setting_types import DatabaseUrl
from datasources.settings import SettingsPart


class EnterpriseSettings(SettingsPart):
    enterprise_database_url: DatabaseUrl | None = Field(
        default=None,
        description="The database of enterprise; without it, `enterprise.db` in the data directory.",
        examples=["postgresql://heddle@localhost/enterprise"],
    )
