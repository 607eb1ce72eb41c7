/** Makes the attempt that the input names. */

import { type Order, perform } from "../attempts/perform.ts";

export default function run(_ctx: unknown, order: Order) {
  return order.node === "attempt" ? perform(order.attempt, order.world) : null;
}
