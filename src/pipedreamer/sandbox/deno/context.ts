/** `ctx`: what a node is given. */

import type { Attempt } from "./attempt.ts";
import type { Fetcher } from "./fetching.ts";
import { type Context, FetchError, type FetchInit, type Logger } from "./pipedreamer.ts";
import { line, log } from "./logging.ts";
import type { Outbox } from "./wire.ts";

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
  outbox: Outbox,
): Context {
  return {
    node,
    runId,
    run_id: runId,
    attempt: attempt.number,
    config: parse(settings.config),
    secrets: parse(settings.secrets),
    log: loggerOf(attempt, outbox),
    fetch: (service: string, path = "", init?: FetchInit) => fetcher.fetch(attempt, "http", service, path, init),
    k8s: { get: (path: string) => askCluster(fetcher, attempt, path) },
  };
}

function loggerOf(attempt: Attempt, outbox: Outbox): Logger {
  return {
    debug: (...parts) => log(outbox, attempt, "debug", line(parts)),
    info: (...parts) => log(outbox, attempt, "info", line(parts)),
    warn: (...parts) => log(outbox, attempt, "warn", line(parts)),
    error: (...parts) => log(outbox, attempt, "error", line(parts)),
  };
}

async function askCluster(fetcher: Fetcher, attempt: Attempt, path: string): Promise<unknown> {
  const response = await fetcher.fetch(attempt, "k8s", "k8s", path);
  if (!response.ok) throw new FetchError(`GET ${path} answered ${response.status}`);
  return await response.json();
}
