// What a shop's front end does: lists all products, page by page; orders once; hears what becomes of orders.
import type { Gateway } from "./gateway.js";
import { graphql } from "./generated/index.js";
import type { OrderChangedSubscription, PlaceOrderMutation, ProductsQuery } from "./generated/graphql.js";

const PRODUCTS = graphql(`
  query Products($first: Int!, $after: String) {
    products(first: $first, after: $after) {
      nodes { sku name }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const PLACE_ORDER = graphql(`
  mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order { id number status total { amount currency } lines { quantity name } }
      problem {
        __typename
        code
        message
        ... on OutOfStockProblem { sku available }
        ... on PaymentDeclinedProblem { declineCode }
      }
    }
  }
`);

const CANCEL_ORDER = graphql(`
  mutation CancelOrder($input: MoveOrderInput!) {
    cancelOrder(input: $input) {
      order { number status }
      problem { code message }
    }
  }
`);

const ORDER_CHANGED = graphql(`
  subscription OrderChanged($after: Cursor) {
    orderChanged(after: $after) { cursor type order { number status } }
  }
`);

/** Each product, by the cursor of the page before: nothing is skipped or comes twice, whatever is added meanwhile. */
export async function* products(gateway: Gateway, pageSize: number) {
  let after: string | null = null;
  do {
    const { products }: ProductsQuery = await gateway.insist(PRODUCTS, { first: pageSize, after });
    yield products?.nodes ?? [];
    after = products?.pageInfo.hasNextPage ? products.pageInfo.endCursor : null;
  } while (after !== null);
}

type Placed = NonNullable<NonNullable<PlaceOrderMutation["placeOrder"]>["order"]>;
export type Outcome = { order: Placed } | { say: string };

/**
 * Orders what is in the cart. `key` is of this one wish: made when the button is shown, kept until the answer is there. So it
 * is safe to insist, and to press the button twice.
 */
export async function order(gateway: Gateway, paymentMethod: string, key: string): Promise<Outcome> {
  const address = { recipient: "Ada Byron", street: "1 Canal Row", city: "Bremen", postalCode: "28195", country: "DE" };
  const { placeOrder } = await gateway.insist(PLACE_ORDER, { input: { address, paymentMethod, idempotencyKey: key } });
  const problem = placeOrder?.problem;
  switch (problem?.__typename) {
    case undefined:
      if (placeOrder?.order) return { order: placeOrder.order };
      throw new Error("an order or a problem was promised");
    case "OutOfStockProblem":
      return { say: `Only ${problem.available} of ${problem.sku} are left.` };
    case "PaymentDeclinedProblem":
      return { say: `Your card was declined (${problem.declineCode}). Nothing was taken.` };
    default:
      return { say: problem?.message ?? "" };
  }
}

export async function cancel(gateway: Gateway, orderId: string, key: string) {
  const { cancelOrder } = await gateway.insist(CANCEL_ORDER, { input: { orderId, idempotencyKey: key } });
  return cancelOrder;
}

/** What becomes of one's orders, from this cursor on. */
export async function* orderEvents(gateway: Gateway, after: string): AsyncGenerator<OrderChangedSubscription["orderChanged"]> {
  const told = gateway.follow(ORDER_CHANGED, { after }, ({ orderChanged }) => orderChanged.cursor);
  for await (const { orderChanged } of told) yield orderChanged;
}
