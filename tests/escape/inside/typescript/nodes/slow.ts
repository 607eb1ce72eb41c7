/** Makes an attempt that is not to end by itself, in a node of one second. */

import { type Order, perform } from "../attempts/perform.ts";

export default function run(_ctx: unknown, order: Order) {
  return order.node === "slow" ? perform(order.attempt, order.world) : null;
}
