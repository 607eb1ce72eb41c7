import type { Context } from "pipedreamer";

export default async function run(_ctx: Context, input: { nodes: number; pods: number }) {
  return { text: `${input.nodes} nodes, ${input.pods} pods` };
}
