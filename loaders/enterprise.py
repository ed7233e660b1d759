"""The batches of enterprise: each is one statement, however many keys it is given."""

from collections.abc import Callable

from datasources.enterprise.lists import Lists
from datasources.enterprise.stores import Enterprise
from loaders.batch import LoaderSet, many_by, one_by, page_by, value_by


def _pages(of: Callable[[Enterprise], Lists]) -> page_by:
    return page_by(lambda enterprise: of(enterprise).pages, lambda enterprise: of(enterprise).counts)


def _by_id(of: Callable[[Enterprise], Lists]) -> one_by:
    return one_by(lambda enterprise: of(enterprise).by_ids, key="id")


class EnterpriseLoaders(LoaderSet):
    domain = "enterprise"
    stores = Enterprise

    employee_by_id = _by_id(lambda enterprise: enterprise.staff.all)
    head_by_department = one_by(lambda enterprise: enterprise.staff.heads_of, key="leads_id")
    employees = _pages(lambda enterprise: enterprise.staff.all)
    employees_by_department = _pages(lambda enterprise: enterprise.staff.of_departments)
    department_by_id = one_by(lambda enterprise: enterprise.staff.departments_by_ids, key="id")
    departments_below = many_by(lambda enterprise: enterprise.staff.departments_below, key="parent_id")
    changes_by_subject = _pages(lambda enterprise: enterprise.changes.lists)
    company_by_id = _by_id(lambda enterprise: enterprise.companies.all)
    companies = _pages(lambda enterprise: enterprise.companies.all)
    contact_by_id = _by_id(lambda enterprise: enterprise.contacts.all)
    contact_by_customer = one_by(lambda enterprise: enterprise.contacts.of_customers, key="customer_id")
    contacts = _pages(lambda enterprise: enterprise.contacts.all)
    contacts_by_company = _pages(lambda enterprise: enterprise.contacts.of_companies)
    contact_name = value_by(lambda enterprise: enterprise.contacts.names)
    contact_email = value_by(lambda enterprise: enterprise.contacts.emails)
    opportunity_by_id = _by_id(lambda enterprise: enterprise.pipeline.all)
    opportunities = _pages(lambda enterprise: enterprise.pipeline.all)
    opportunities_by_contact = _pages(lambda enterprise: enterprise.pipeline.of_contacts)
    opportunities_by_company = _pages(lambda enterprise: enterprise.pipeline.of_companies)
    activity_by_id = _by_id(lambda enterprise: enterprise.activities.all)
    activities = _pages(lambda enterprise: enterprise.activities.all)
    activities_by_contact = _pages(lambda enterprise: enterprise.activities.of_contacts)
    activities_by_opportunity = _pages(lambda enterprise: enterprise.activities.of_opportunities)
    ticket_by_id = _by_id(lambda enterprise: enterprise.tickets.all)
    tickets = _pages(lambda enterprise: enterprise.tickets.all)
    tickets_by_contact = _pages(lambda enterprise: enterprise.tickets.of_contacts)
    tickets_by_order = _pages(lambda enterprise: enterprise.tickets.of_orders)
    comments_by_ticket = many_by(lambda enterprise: enterprise.tickets.comments_of, key="ticket_id")
    workflow_by_id = _by_id(lambda enterprise: enterprise.workflows.all)
    workflows = _pages(lambda enterprise: enterprise.workflows.all)
    run_by_id = _by_id(lambda enterprise: enterprise.runs.all)
    runs = _pages(lambda enterprise: enterprise.runs.all)
    runs_by_workflow = _pages(lambda enterprise: enterprise.runs.of_workflows)
    steps_by_run = many_by(lambda enterprise: enterprise.runs.steps_of, key="run_id")
    approval_by_id = _by_id(lambda enterprise: enterprise.approvals.all)
    approvals = _pages(lambda enterprise: enterprise.approvals.all)
    invoice_by_id = _by_id(lambda enterprise: enterprise.invoices.all)
    invoices = _pages(lambda enterprise: enterprise.invoices.all)
    invoices_by_customer = _pages(lambda enterprise: enterprise.invoices.of_customers)
    invoices_by_order = many_by(lambda enterprise: enterprise.invoices.of_orders, key="order_id")
    compared_by_invoice = many_by(lambda enterprise: enterprise.invoices.compared, key="invoice_id")
    lines_by_invoice = many_by(lambda enterprise: enterprise.invoices.lines_of, key="invoice_id")
    supplier_by_id = _by_id(lambda enterprise: enterprise.suppliers.all)
    suppliers = _pages(lambda enterprise: enterprise.suppliers.all)
    price_by_id = _by_id(lambda enterprise: enterprise.suppliers.prices)
    prices_by_supplier = _pages(lambda enterprise: enterprise.suppliers.prices_of_suppliers)
    prices_by_product = _pages(lambda enterprise: enterprise.suppliers.prices_of_products)
    reorder_point_by_id = _by_id(lambda enterprise: enterprise.suppliers.points)
    reorder_points = _pages(lambda enterprise: enterprise.suppliers.points)
    purchase_by_id = _by_id(lambda enterprise: enterprise.purchases.all)
    purchases = _pages(lambda enterprise: enterprise.purchases.all)
    purchases_by_supplier = _pages(lambda enterprise: enterprise.purchases.of_suppliers)
    open_purchases_by_product = _pages(lambda enterprise: enterprise.purchases.open_of_products)
    lines_by_purchase = many_by(lambda enterprise: enterprise.purchases.lines_of, key="purchase_id")
    receipt_by_id = _by_id(lambda enterprise: enterprise.purchases.receipts)
    receipts_by_purchase = _pages(lambda enterprise: enterprise.purchases.receipts_of)
    lines_by_receipt = many_by(lambda enterprise: enterprise.purchases.lines_of_receipts, key="receipt_id")
