"""The batches of enterprise: each is one statement, however many keys it is given."""

from datasources.enterprise.stores import Enterprise
from loaders.batch import LoaderSet, many_by, one_by, page_by


class EnterpriseLoaders(LoaderSet):
    domain = "enterprise"
    stores = Enterprise

    employee_by_id = one_by(lambda enterprise: enterprise.staff.by_ids, key="id")
    head_by_department = one_by(lambda enterprise: enterprise.staff.heads_of, key="leads_id")
    employees = page_by(lambda enterprise: enterprise.staff.pages, lambda enterprise: enterprise.staff.counts)
    employees_by_department = page_by(
        lambda enterprise: enterprise.staff.pages_of_departments,
        lambda enterprise: enterprise.staff.counts_of_departments,
    )
    department_by_id = one_by(lambda enterprise: enterprise.staff.departments_by_ids, key="id")
    departments_below = many_by(lambda enterprise: enterprise.staff.departments_below, key="parent_id")
    changes_by_subject = page_by(
        lambda enterprise: enterprise.changes.pages, lambda enterprise: enterprise.changes.counts
    )
