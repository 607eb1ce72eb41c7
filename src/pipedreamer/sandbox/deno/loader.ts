/** Loading a workflow's node files, each once. */

import { clean, type Explainer } from "./explain.ts";
import type { Node } from "./pipedreamer.ts";
import type { NodeCode } from "./protocol.ts";
import { remedied } from "./remedies.ts";

const { toString: kindOf } = Object.prototype;
const { Error: Errors, SyntaxError: SyntaxErrors, URL: Urls } = globalThis;

// deno-lint-ignore no-control-regex -- Deno's own words are coloured
const COLOUR = /\x1b\[[0-9;]*m/g;
const PLACE = /\s*(?:at )?file:\/\/\/\S+?:\d+:\d+/;
const UNMAPPED = / and not in import map from ".*"/;

/** A node ready to run; `run` is not there for one of the other language. */
export interface LoadedNode {
  readonly id: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly parents: readonly number[];
  readonly run?: Node;
}

/** Loads node files of the folder `root`. */
export class Loader {
  constructor(private readonly root: string, private readonly explainer: Explainer) {}

  /** The nodes, or why some cannot be loaded: a line each. */
  async load(codes: readonly NodeCode[]): Promise<[nodes: LoadedNode[], messages: string[]]> {
    const nodes: LoadedNode[] = [];
    const messages: string[] = [];
    for (const [id, file, timeoutMs, retries, parents] of codes) {
      const run = file ? await this.entry(file) : undefined;
      if (typeof run !== "string") nodes.push({ id, timeoutMs, retries, parents, run });
      else messages.push(`Node "${id}": ${clean(run).replace(/\s*\n\s*/g, " ")}`);
    }
    return [nodes, messages];
  }

  /** The function, or what is wrong with the file. */
  private async entry(file: string): Promise<Node | string> {
    let run: unknown;
    try {
      ({ default: run } = await import(urlOf(file)));
    } catch (error) {
      return this.ofGraph(error) ?? this.explainer.explain(error).text;
    }
    const shown = file.startsWith(`${this.root}/`) ? file.slice(this.root.length + 1) : file;
    if (run === undefined) {
      return `${shown} has no default export: write \`export default async function (ctx, input) {...}\``;
    }
    if (typeof run !== "function") return `the default export of ${shown} is a ${typeof run}, not a function`;
    if (kindOf.call(run).includes("Generator")) {
      return `the default export of ${shown} uses \`yield\`: return a list instead`;
    }
    return run as Node;
  }

  /** What Deno says of a file that it cannot read or parse; undefined for what a file's own code threw. */
  private ofGraph(error: unknown): string | undefined {
    try {
      const isOfGraph = error instanceof Errors && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
      if (!isOfGraph && !(error instanceof SyntaxErrors && PLACE.test(error.message))) return;
      const message = error.message.replace(COLOUR, "");
      const place = this.explainer.framesOf(`    ${PLACE.exec(message)?.[0].trim()}`).at(-1)?.place;
      const words = message.replace(PLACE, "").replace(UNMAPPED, "").replaceAll(urlOf(`${this.root}/`), "");
      const [said, remedy] = remedied(words, `${this.root}/`);
      const hint = said.startsWith("Requires read") ? "nodes import files of their folder: put a copy there" : remedy;
      // What stands below the first line is a drawing.
      const [line] = said.split("\n");
      return `${isOfGraph ? "" : "SyntaxError: "}${line}${hint ? ` [${hint}]` : ""}${place ? ` (${place})` : ""}`;
    } catch {
      return;
    }
  }
}

function urlOf(file: string): string {
  const url = new Urls("file:///");
  url.pathname = file.replaceAll("%", "%25");
  return url.href;
}
