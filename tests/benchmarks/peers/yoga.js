// Usage: node yoga.js DATABASE PORT
import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import DataLoader from 'dataloader'
import { createSchema, createYoga } from 'graphql-yoga'
import { typeDefs } from './schema.js'
import { openStore } from './store.js'

const [database, port] = process.argv.slice(2)
const store = openStore(database)

function loaders () {
  const orders = new Map() // a loader for each page size asked for
  return {
    orders (first) {
      if (!orders.has(first)) orders.set(first, new DataLoader(async ids => store.ordersOf(ids, first)))
      return orders.get(first)
    },
    lines: new DataLoader(async ids => store.linesOf(ids)),
    product: new DataLoader(async ids => store.products(ids))
  }
}

const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: {
      Query: { customers: (_, { first }) => store.customers(first) },
      Customer: { orders: ({ key }, { first }, context) => context.orders(first).load(key) },
      Order: { lines: ({ key }, _, context) => context.lines.load(key) },
      OrderLine: { product: ({ productId }, _, context) => context.product.load(productId) }
    }
  }),
  context: loaders,
  plugins: [useGraphQlJit()],
  graphiql: false,
  landingPage: false,
  logging: false
})

createServer(yoga).listen(Number(port), '127.0.0.1')
