import type { Context } from "pipedreamer";

/** Cents of dollars as money of the reader's country. */
export function money(ctx: Context, cents: number): string {
  const { locale, currency, rate } = ctx.config;
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(cents / 100 * rate);
}
