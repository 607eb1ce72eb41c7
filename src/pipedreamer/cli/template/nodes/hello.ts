/** Greets whoever the input names. */

import type { Context } from "pipedreamer";

interface Person {
  name?: string;
}

export default function run(ctx: Context, input: Person): { greeting: string } {
  const name = input.name ?? "world";
  ctx.log.info(`greeting ${name}`);
  return { greeting: `Hello, ${name}!` };
}
