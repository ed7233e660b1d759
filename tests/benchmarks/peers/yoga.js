// Usage: node yoga.js DATABASE PORT
import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import DataLoader from 'dataloader'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { stockEvents } from './events.js'
import { typeDefs } from './schema.js'
import { openStore } from './store.js'

const [database, port] = process.argv.slice(2)
const store = openStore(database)
const stock = stockEvents(store)
const pubSub = createPubSub()

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
      Mutation: {
        publish: (_, { events }) => {
          for (const event of stock.next(events)) pubSub.publish('STOCK_CHANGED', event)
          return stock.published
        }
      },
      Subscription: {
        stockChanged: { subscribe: () => pubSub.subscribe('STOCK_CHANGED'), resolve: event => event }
      },
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

const server = createServer(yoga)

useServer({
  execute: args => args.rootValue.execute(args),
  subscribe: args => args.rootValue.subscribe(args),
  onSubscribe: async (ctx, _, params) => {
    const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
      ...ctx, req: ctx.extra.request, socket: ctx.extra.socket, params
    })
    const document = parse(params.query)
    const errors = validate(schema, document)
    if (errors.length) return errors
    return {
      schema,
      document,
      operationName: params.operationName,
      variableValues: params.variables,
      contextValue: await contextFactory(),
      rootValue: { execute, subscribe }
    }
  }
}, new WebSocketServer({ server, path: yoga.graphqlEndpoint }))

server.listen(Number(port), '127.0.0.1')
