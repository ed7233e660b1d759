"""The batches of commerce: each is one statement or one call, however many keys it is given."""

from datasources.commerce.stores import Commerce
from datasources.commerce.tables import ADDRESSES, CUSTOMERS, ORDERS
from loaders.batch import LoaderSet, many_by, one_by, page_by, value_by


class CommerceLoaders(LoaderSet):
    domain = "commerce"
    stores = Commerce

    product_by_id = one_by(lambda commerce: commerce.catalogue.by_ids, key="id")
    products = page_by(lambda commerce: commerce.catalogue.pages, lambda commerce: commerce.catalogue.counts)
    category_by_id = one_by(lambda commerce: commerce.catalogue.categories_by_ids, key="id")
    children_by_category = many_by(lambda commerce: commerce.catalogue.children_of, key="parent_id")
    ancestors_by_category = many_by(lambda commerce: commerce.catalogue.ancestors_of, key="of_id")
    price_in = value_by(lambda commerce: commerce.sources.rates.converted, remote=True)
    available_by_product = value_by(lambda commerce: commerce.inventory.available_of, missing=0)
    levels_by_product = many_by(lambda commerce: commerce.inventory.levels_of, key="product_id")
    warehouse_by_id = one_by(lambda commerce: commerce.inventory.warehouses_by_ids, key="id")
    movements_by_product = page_by(
        lambda commerce: commerce.inventory.movements, lambda commerce: commerce.inventory.movement_counts
    )
    cart_by_id = one_by(lambda commerce: commerce.carts.by_ids, key="id")
    lines_by_cart = many_by(lambda commerce: commerce.carts.lines_of, key="cart_id")
    cart_basis = value_by(lambda commerce: commerce.carts.bases_of, remote=True)
    customer_by_id = one_by(lambda commerce: commerce.customers.by_ids, key="id")
    customers = page_by(lambda commerce: commerce.customers.pages, lambda commerce: commerce.customers.counts)
    customer_name = value_by(lambda commerce: commerce.seals.texts(CUSTOMERS.c.sealed_name))
    customer_email = value_by(lambda commerce: commerce.seals.texts(CUSTOMERS.c.sealed_email))
    customer_phone = value_by(lambda commerce: commerce.seals.texts(CUSTOMERS.c.sealed_phone))
    address_by_id = one_by(lambda commerce: commerce.customers.addresses_by_ids, key="id")
    addresses_by_customer = many_by(lambda commerce: commerce.customers.addresses_of, key="customer_id")
    address_recipient = value_by(lambda commerce: commerce.seals.address_parts(ADDRESSES.c.sealed, "recipient"))
    address_street = value_by(lambda commerce: commerce.seals.address_parts(ADDRESSES.c.sealed, "street"))
    address_city = value_by(lambda commerce: commerce.seals.address_parts(ADDRESSES.c.sealed, "city"))
    address_postal_code = value_by(lambda commerce: commerce.seals.address_parts(ADDRESSES.c.sealed, "postal_code"))
    address_country = value_by(lambda commerce: commerce.seals.address_parts(ADDRESSES.c.sealed, "country"))
    order_by_id = one_by(lambda commerce: commerce.orders.by_ids, key="id")
    orders = page_by(lambda commerce: commerce.orders.pages, lambda commerce: commerce.orders.counts)
    orders_by_customer = page_by(
        lambda commerce: commerce.orders.pages_by_customer, lambda commerce: commerce.orders.counts_by_customer
    )
    order_address = value_by(lambda commerce: commerce.seals.addresses(ORDERS.c.sealed_address))
    order_line_by_id = one_by(lambda commerce: commerce.orders.lines_by_ids, key="id")
    lines_by_order = many_by(lambda commerce: commerce.orders.lines_of, key="order_id")
    history_by_order = many_by(lambda commerce: commerce.orders.history_of, key="order_id")
    refunds_by_order = many_by(lambda commerce: commerce.orders.refunds_of, key="order_id")
    payment_by_id = value_by(
        lambda commerce: commerce.payments.by_ids, remote=True, one_by_one="Stripe's API gives no payments by their ids"
    )
    shipment_by_id = value_by(lambda commerce: commerce.shipments.by_ids, remote=True)
