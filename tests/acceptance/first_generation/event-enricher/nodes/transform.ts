import type { Context } from "pipedreamer";
import type { Push } from "../types.ts";
import { count } from "./lib/count.ts";

export default async function run(_ctx: Context, input: Push) {
  return { text: count(input.commits?.length ?? 0, "commit") };
}
