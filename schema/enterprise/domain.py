"""Enterprise, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.enterprise.people import person_by_email
from datasources.enterprise.sample.fill import fill_own
from datasources.enterprise.settings import EnterpriseSettings
from datasources.enterprise.sources import open_enterprise
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import IDEMPOTENCY
from resolvers.sweeping import sweeping
from schema.domain import Domain, Sample
from schema.enterprise.events import DepartmentEvent, EmployeeEvent, EnterpriseSubscription
from schema.enterprise.staff import StaffMutation, StaffQuery

ENTERPRISE = Domain(
    name="enterprise",
    settings=EnterpriseSettings,
    open=open_enterprise,
    stores=Enterprise,
    query=merge_types("EnterpriseQuery", (StaffQuery,)),
    mutation=merge_types("EnterpriseMutation", (StaffMutation,)),
    subscription=EnterpriseSubscription,
    types=(EmployeeEvent, DepartmentEvent),
    background=(sweeping("forgetting old keys and events of enterprise", Enterprise, IDEMPOTENCY),),
    sample=Sample(
        fill=fill_own,
        people=(
            "sales@example.com",
            "rep@example.com",
            "agent@example.com",
            "buyer@example.com",
            "controller@example.com",
            "manager@example.com",
            "director@example.com",
        ),
        query="{ departments { name head { name } below { name head { name } } } }",
    ),
    person=person_by_email,
)
