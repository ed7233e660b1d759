// What both peers publish: one event after the other, each of the next product, with what its change has just written.
const PRODUCTS = 20

export function stockEvents (store) {
  const products = store.firstProducts(PRODUCTS)
  const stock = { published: 0, next }
  return stock

  function * next (count) {
    for (const end = stock.published + count; stock.published < end;) {
      const product = products[++stock.published % products.length]
      yield {
        cursor: `${stock.published}`.padStart(CURSOR_LENGTH, '0'),
        type: 'STOCK_MOVED',
        available: store.available(product),
        product
      }
    }
  }
}

const CURSOR_LENGTH = 52 // of the gateway's
