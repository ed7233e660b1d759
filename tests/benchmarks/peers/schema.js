// What both peers serve: the part of the gateway's graph that the questions need, under the same names, and a mutation
// by which the benchmark has them publish.
export const typeDefs = `
  type Query { customers(first: Int!): CustomerConnection }
  type Mutation { publish(events: Int!): Int! }
  type Subscription { stockChanged: StockEvent! }
  type StockEvent { cursor: String! type: String! available: Int! product: Product }
  type CustomerConnection { nodes: [Customer!]! }
  type Customer { id: ID! orders(first: Int!): OrderConnection! }
  type OrderConnection { nodes: [Order!]! }
  type Order { number: String! placedAt: String! total: Money! lines: [OrderLine!]! }
  type OrderLine { quantity: Int! unitPrice: Money! product: Product! }
  type Product { sku: String! name: String! }
  type Money { amount: String! currency: String! }
`
