/** Puts a page together from what both languages found. */

import type { Context } from "pipedreamer";
import { money } from "./money.ts";

interface Input {
  convert: { article: string; name: string; price: string }[];
  statistics: { articles: number; medianCents: number; dearest: string };
}

export default async function run(ctx: Context, input: Input): Promise<{ html: string }> {
  const { articles, medianCents, dearest } = input.statistics;
  const rows = input.convert.map(({ article, name, price }) =>
    `<tr id="${escape(article)}"><td>${escape(name)}</td><td>${escape(price)}</td></tr>`
  );
  const about = `${articles} articles, half of them up to ${money(ctx, medianCents)}; the dearest is ${dearest}.`;
  return { html: [`<p>${escape(about)}</p>`, "<table>", ...rows, "</table>"].join("\n") };
}

function escape(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => names[character]);
}
