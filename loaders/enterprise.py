"""The batches of enterprise: each is one statement, however many keys it is given."""

from datasources.enterprise.stores import Enterprise
from loaders.batch import LoaderSet, many_by, one_by, page_by, value_by


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
    company_by_id = one_by(lambda enterprise: enterprise.companies.all.by_ids, key="id")
    companies = page_by(
        lambda enterprise: enterprise.companies.all.pages, lambda enterprise: enterprise.companies.all.counts
    )
    contact_by_id = one_by(lambda enterprise: enterprise.contacts.all.by_ids, key="id")
    contact_by_customer = one_by(lambda enterprise: enterprise.contacts.of_customers, key="customer_id")
    contacts = page_by(
        lambda enterprise: enterprise.contacts.all.pages, lambda enterprise: enterprise.contacts.all.counts
    )
    contacts_by_company = page_by(
        lambda enterprise: enterprise.contacts.of_companies.pages,
        lambda enterprise: enterprise.contacts.of_companies.counts,
    )
    contact_name = value_by(lambda enterprise: enterprise.contacts.names)
    contact_email = value_by(lambda enterprise: enterprise.contacts.emails)
    opportunity_by_id = one_by(lambda enterprise: enterprise.pipeline.all.by_ids, key="id")
    opportunities = page_by(
        lambda enterprise: enterprise.pipeline.all.pages, lambda enterprise: enterprise.pipeline.all.counts
    )
    opportunities_by_contact = page_by(
        lambda enterprise: enterprise.pipeline.of_contacts.pages,
        lambda enterprise: enterprise.pipeline.of_contacts.counts,
    )
    opportunities_by_company = page_by(
        lambda enterprise: enterprise.pipeline.of_companies.pages,
        lambda enterprise: enterprise.pipeline.of_companies.counts,
    )
    activity_by_id = one_by(lambda enterprise: enterprise.activities.all.by_ids, key="id")
    activities = page_by(
        lambda enterprise: enterprise.activities.all.pages, lambda enterprise: enterprise.activities.all.counts
    )
    activities_by_contact = page_by(
        lambda enterprise: enterprise.activities.of_contacts.pages,
        lambda enterprise: enterprise.activities.of_contacts.counts,
    )
    activities_by_opportunity = page_by(
        lambda enterprise: enterprise.activities.of_opportunities.pages,
        lambda enterprise: enterprise.activities.of_opportunities.counts,
    )
    ticket_by_id = one_by(lambda enterprise: enterprise.tickets.all.by_ids, key="id")
    tickets = page_by(lambda enterprise: enterprise.tickets.all.pages, lambda enterprise: enterprise.tickets.all.counts)
    tickets_by_contact = page_by(
        lambda enterprise: enterprise.tickets.of_contacts.pages,
        lambda enterprise: enterprise.tickets.of_contacts.counts,
    )
    tickets_by_order = page_by(
        lambda enterprise: enterprise.tickets.of_orders.pages, lambda enterprise: enterprise.tickets.of_orders.counts
    )
    comments_by_ticket = many_by(lambda enterprise: enterprise.tickets.comments_of, key="ticket_id")
    workflow_by_id = one_by(lambda enterprise: enterprise.workflows.by_ids, key="id")
    workflows = page_by(lambda enterprise: enterprise.workflows.pages, lambda enterprise: enterprise.workflows.counts)
    run_by_id = one_by(lambda enterprise: enterprise.runs.by_ids, key="id")
    runs = page_by(lambda enterprise: enterprise.runs.pages, lambda enterprise: enterprise.runs.counts)
    runs_by_workflow = page_by(
        lambda enterprise: enterprise.runs.pages_of_workflows, lambda enterprise: enterprise.runs.counts_of_workflows
    )
    steps_by_run = many_by(lambda enterprise: enterprise.runs.steps_of, key="run_id")
    approval_by_id = one_by(lambda enterprise: enterprise.approvals.by_ids, key="id")
    approvals = page_by(lambda enterprise: enterprise.approvals.pages, lambda enterprise: enterprise.approvals.counts)
    invoice_by_id = one_by(lambda enterprise: enterprise.invoices.by_ids, key="id")
    invoices = page_by(lambda enterprise: enterprise.invoices.pages, lambda enterprise: enterprise.invoices.counts)
    invoices_by_customer = page_by(
        lambda enterprise: enterprise.invoices.pages_of_customers,
        lambda enterprise: enterprise.invoices.counts_of_customers,
    )
    invoices_by_order = many_by(lambda enterprise: enterprise.invoices.of_orders, key="order_id")
    compared_by_invoice = many_by(lambda enterprise: enterprise.invoices.compared, key="invoice_id")
    lines_by_invoice = many_by(lambda enterprise: enterprise.invoices.lines_of, key="invoice_id")
    supplier_by_id = one_by(lambda enterprise: enterprise.suppliers.all.by_ids, key="id")
    suppliers = page_by(
        lambda enterprise: enterprise.suppliers.all.pages, lambda enterprise: enterprise.suppliers.all.counts
    )
    price_by_id = one_by(lambda enterprise: enterprise.suppliers.prices.by_ids, key="id")
    prices_by_supplier = page_by(
        lambda enterprise: enterprise.suppliers.prices_of_suppliers.pages,
        lambda enterprise: enterprise.suppliers.prices_of_suppliers.counts,
    )
    prices_by_product = page_by(
        lambda enterprise: enterprise.suppliers.prices_of_products.pages,
        lambda enterprise: enterprise.suppliers.prices_of_products.counts,
    )
    reorder_point_by_id = one_by(lambda enterprise: enterprise.suppliers.points.by_ids, key="id")
    reorder_points = page_by(
        lambda enterprise: enterprise.suppliers.points.pages, lambda enterprise: enterprise.suppliers.points.counts
    )
    purchase_by_id = one_by(lambda enterprise: enterprise.purchases.all.by_ids, key="id")
    purchases = page_by(
        lambda enterprise: enterprise.purchases.all.pages, lambda enterprise: enterprise.purchases.all.counts
    )
    purchases_by_supplier = page_by(
        lambda enterprise: enterprise.purchases.of_suppliers.pages,
        lambda enterprise: enterprise.purchases.of_suppliers.counts,
    )
    open_purchases_by_product = page_by(
        lambda enterprise: enterprise.purchases.open_of_products, lambda enterprise: enterprise.purchases.open_counts
    )
    lines_by_purchase = many_by(lambda enterprise: enterprise.purchases.lines_of, key="purchase_id")
    receipt_by_id = one_by(lambda enterprise: enterprise.purchases.receipts.by_ids, key="id")
    receipts_by_purchase = page_by(
        lambda enterprise: enterprise.purchases.receipts_of.pages,
        lambda enterprise: enterprise.purchases.receipts_of.counts,
    )
    lines_by_receipt = many_by(lambda enterprise: enterprise.purchases.lines_of_receipts, key="receipt_id")
