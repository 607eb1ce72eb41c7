import type { Context } from "pipedreamer";
import type { Push } from "../types.ts";

export default async function run(ctx: Context, input: Push): Promise<Push> {
  ctx.log.info("received", input);
  return input;
}
