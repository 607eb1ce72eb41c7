/** What nodes find around them: of Deno's globals, those that must know whose code calls them. */

import { type Attempt, current } from "./attempt.ts";
import type { Fetcher } from "./fetching.ts";
import { replaceFetch } from "./global_fetch.ts";
import type { Lines } from "./lines.ts";
import type { Explainer } from "./explain.ts";
import type { Timers } from "./timers.ts";

const { addEventListener, Error: Errors } = globalThis;
const { stderr } = Deno;
const encoder = new TextEncoder();

/** Have `fetch` ask the engine, and forbid what would take the process or the wire along. */
export function surround(fetcher: Fetcher): void {
  replaceFetch(fetcher);
  Deno.exit = process.exit = globalThis.close = (code?: unknown) => {
    throw new Errors(`exit(${code ?? ""}) was called: a node cannot end its process, it returns or throws`);
  };
  globalThis.Worker = class {
    constructor() {
      throw new Errors("nodes have no Worker: what it prints would not be known as theirs");
    }
  } as unknown as typeof Worker;
}

/** Log what nodes throw where nobody catches it, which would end a process of their own. */
export function catchTheRest(explainer: Explainer, timers: Timers, log: Lines): void {
  const report = (attempt: Attempt | undefined, what: string, thrown: unknown) => {
    const { text, trace } = explainer.explain(thrown);
    if (attempt !== undefined) log.send(attempt, "error", `${what}: ${trace || text}`);
    else stderr.writeSync(encoder.encode(`${what}: ${trace || text}\n`));
  };
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const attempt = current.getStore();
    if (!attempt?.isWhy(event.reason)) report(attempt, "nobody awaited this", event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    report(current.getStore() ?? timers.take(), "nobody caught this", event.error);
  });
}
