/** Prices in the reader's currency, written as there. */

import type { Context } from "pipedreamer";
import { money } from "./money.ts";

/** What read.py returns. */
interface Article {
  article: string;
  name: string;
  cents: number;
}

interface Priced {
  article: string;
  name: string;
  price: string;
}

export default async function run(ctx: Context, input: Article[]): Promise<Priced[]> {
  return input.map(({ article, name, cents }) => ({ article, name, price: money(ctx, cents) }));
}
