// Usage: node mercurius.js DATABASE PORT
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { stockEvents } from './events.js'
import { typeDefs } from './schema.js'
import { openStore } from './store.js'

const [database, port] = process.argv.slice(2)
const store = openStore(database)
const stock = stockEvents(store)
const app = Fastify()

app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  subscription: true,
  resolvers: {
    Query: { customers: (_, { first }) => store.customers(first) },
    Mutation: {
      publish: async (_, { events }, { pubsub }) => {
        for (const stockChanged of stock.next(events)) {
          await pubsub.publish({ topic: 'STOCK_CHANGED', payload: { stockChanged } })
        }
        return stock.published
      }
    },
    Subscription: {
      stockChanged: { subscribe: async (_, args, { pubsub }) => await pubsub.subscribe('STOCK_CHANGED') }
    }
  },
  // Without its cache a loader need not serialise each record as a key; that is faster, also for products.
  loaders: {
    Customer: {
      orders: {
        loader: async queries => store.ordersOf(queries.map(({ obj }) => obj.key), queries[0].params.first),
        opts: { cache: false }
      }
    },
    Order: {
      lines: { loader: async queries => store.linesOf(queries.map(({ obj }) => obj.key)), opts: { cache: false } }
    },
    OrderLine: {
      product: {
        loader: async queries => store.products(queries.map(({ obj }) => obj.productId)),
        opts: { cache: false }
      }
    }
  }
})

await app.listen({ host: '127.0.0.1', port: Number(port) })
