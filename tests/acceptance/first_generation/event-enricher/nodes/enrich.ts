import type { Context } from "pipedreamer";
import type { Push } from "../types.ts";

export default async function run(ctx: Context, input: Push) {
  const response = await ctx.fetch("github", `/repos/${input.repository}`, { method: "GET" });
  return { repository: await response.json() };
}
