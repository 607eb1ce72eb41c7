/** `ctx`: what a node is given. */

import type { Attempt } from "./attempt.ts";
import type { Fetcher } from "./fetching.ts";
import { type Context, FetchError, type FetchInit, type Logger } from "./pipedreamer.ts";
import type { Lines } from "./lines.ts";
import { oneLine } from "./readable.ts";

const { parse } = JSON;

/** Config and secrets as JSON objects, for the runs that begin from now on. */
export interface Settings {
  readonly config: string;
  readonly secrets: string;
}

/** The context of an attempt: a plain object whose functions need no `this`, because nodes take it apart. */
export function contextOf(
  attempt: Attempt,
  node: string,
  runId: string,
  settings: Settings,
  fetcher: Fetcher,
  log: Lines,
): Context {
  return {
    node,
    runId,
    run_id: runId,
    attempt: attempt.number,
    config: parse(settings.config),
    secrets: parse(settings.secrets),
    log: loggerOf(attempt, log),
    fetch: (service: string, path = "", init?: FetchInit) => fetcher.fetch(attempt, ["http", service, path], init),
    k8s: { get: (path: string) => askCluster(fetcher, attempt, path) },
  };
}

function loggerOf(attempt: Attempt, log: Lines): Logger {
  return {
    debug: (...parts) => log.send(attempt, "debug", oneLine(parts)),
    info: (...parts) => log.send(attempt, "info", oneLine(parts)),
    warn: (...parts) => log.send(attempt, "warn", oneLine(parts)),
    error: (...parts) => log.send(attempt, "error", oneLine(parts)),
  };
}

async function askCluster(fetcher: Fetcher, attempt: Attempt, path: string): Promise<unknown> {
  const response = await fetcher.fetch(attempt, ["k8s", "k8s", path]);
  if (!response.ok) throw new FetchError(`GET ${path} answered ${response.status}`);
  return await response.json();
}
