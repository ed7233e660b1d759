// The database as both peers read it: one prepared statement a batch, answers in the order of the keys.
import Database from 'better-sqlite3'

const WITHOUT_CENTS = new Set(['JPY'])
const KEYS = '(SELECT value FROM json_each(?))'

export function openStore (path) {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  const customers = db.prepare('SELECT id FROM customers ORDER BY created_at DESC, id DESC LIMIT ?')
  const orders = db.prepare(`
    SELECT * FROM (
      SELECT id, customer_id, number, placed_at, total_minor, currency,
        row_number() OVER (PARTITION BY customer_id ORDER BY placed_at DESC, id DESC) AS place
      FROM orders WHERE customer_id IN ${KEYS}
    ) WHERE place <= ? ORDER BY customer_id, place`)
  const lines = db.prepare(`
    SELECT order_id, product_id, quantity, unit_price_minor, currency
    FROM order_lines WHERE order_id IN ${KEYS} ORDER BY order_id, position`)
  const products = db.prepare(`SELECT id, sku, name FROM products WHERE id IN ${KEYS}`)
  const first = db.prepare('SELECT id, sku, name FROM products ORDER BY id LIMIT ?')
  const available = db.prepare('SELECT sum(on_hand - reserved) AS pieces FROM stock_levels WHERE product_id = ?').pluck()

  return {
    customers (first) {
      return { nodes: customers.all(first).map(({ id }) => ({ key: id, id: globalId('Customer', id) })) }
    },
    ordersOf (customerIds, first) {
      const found = grouped(orders.all(JSON.stringify(customerIds), first), 'customer_id', o => ({
        key: o.id,
        number: o.number,
        placedAt: isoTime(o.placed_at),
        total: money(o.total_minor, o.currency)
      }))
      return customerIds.map(id => ({ nodes: found.get(id) ?? [] }))
    },
    linesOf (orderIds) {
      const found = grouped(lines.all(JSON.stringify(orderIds)), 'order_id', line => ({
        productId: line.product_id,
        quantity: line.quantity,
        unitPrice: money(line.unit_price_minor, line.currency)
      }))
      return orderIds.map(id => found.get(id) ?? [])
    },
    products (ids) {
      const found = new Map(products.all(JSON.stringify(ids)).map(product => [product.id, product]))
      return ids.map(id => found.get(id))
    },
    firstProducts: count => first.all(count),
    available: ({ id }) => available.get(id) ?? 0
  }
}

function grouped (rows, by, written) {
  const groups = new Map()
  for (const row of rows) {
    const group = groups.get(row[by])
    if (group) group.push(written(row))
    else groups.set(row[by], [written(row)])
  }
  return groups
}

function money (minor, currency) {
  return { amount: WITHOUT_CENTS.has(currency) ? `${minor}` : (minor / 100).toFixed(2), currency }
}

function isoTime (kept) {
  return `${kept.replace(' ', 'T').replace(/\.0+$/, '')}+00:00`
}

function globalId (type, hex) {
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return Buffer.from(`${type}:${uuid}`).toString('base64url')
}
