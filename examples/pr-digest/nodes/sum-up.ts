/** Puts pull requests and previews together. */

import type { Context } from "pipedreamer";
import type { Preview, Pull } from "./types.ts";

/** With two edges into this node, its input has what each of them brings. */
interface Input {
  "fetch-pulls": Pull[];
  "fetch-previews": Preview[];
}

interface Summary {
  open: number;
  text: string;
}

export default async function run(_ctx: Context, input: Input): Promise<Summary> {
  const previews = Object.fromEntries(input["fetch-previews"].map((preview) => [preview.branch, preview]));
  const pulls = input["fetch-pulls"].filter((pull) => !pull.draft);
  const lines = pulls.map((pull) => line(pull, previews[pull.branch]));
  const heading = pulls.length === 1 ? "1 pull request is open" : `${pulls.length} pull requests are open`;
  return { open: pulls.length, text: [heading, ...lines].join("\n") };
}

function line(pull: Pull, preview: Preview | undefined): string {
  return `• ${link(pull.url, `#${pull.number} ${pull.title}`)} by ${pull.author}${waiting(pull)}${shown(preview)}`;
}

function waiting(pull: Pull): string {
  return pull.reviewers.length ? `, waiting for ${pull.reviewers.join(" and ")}` : ", *without a reviewer*";
}

function shown(preview: Preview | undefined): string {
  if (preview === undefined) return "";
  return preview.state === "READY" ? `, ${link(preview.url, "preview")}` : `, preview ${preview.state.toLowerCase()}`;
}

/** As Slack writes links; it asks for these three characters to be escaped. */
function link(url: string, text: string): string {
  return `<${url}|${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}>`;
}
