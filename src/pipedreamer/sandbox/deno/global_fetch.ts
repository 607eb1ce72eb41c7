/** Native fetch for nodes: by way of the engine, so that it is the same wherever the worker has no socket. */

import { type Attempt, current } from "./attempt.ts";
import type { Fetcher } from "./fetching.ts";
import { FetchError } from "./pipedreamer.ts";
import { askedOf } from "./request.ts";
import { knowing } from "./response.ts";

const { fetch: nativeFetch, AbortSignal: Signals, Request: Requests } = globalThis;
const { createHttpClient } = Deno;
const WeakTable = WeakMap;

const REDIRECTS = [301, 302, 303, 307, 308];
/** Of a client: that needs a connection of its own, which only native fetch makes. */
const OF_A_CONNECTION = ["cert", "key", "proxy", "localAddress"];

/** The certificates that a client trusts, in PEM; null for a client that is left to native fetch. */
const trustedBy = new WeakTable<Deno.HttpClient, string | null>();

type Init = RequestInit & { client?: Deno.HttpClient };

/** Requests by http and https go to the engine; others (`data:`, `file:`) and modules that are loading to Deno. */
export function replaceFetch(fetcher: Fetcher): void {
  Deno.createHttpClient = (options) => {
    const isPlain = OF_A_CONNECTION.every((key) => !(key in options));
    const { caCerts = [], ...rest } = options;
    const client = createHttpClient(isPlain ? rest : options);
    trustedBy.set(client, isPlain ? caCerts.join("\n") : null);
    return client;
  };
  globalThis.fetch = async (input, init?: Init) => {
    const attempt = current.getStore();
    if (attempt === undefined) return await nativeFetch(input, init);
    const request = new Requests(input, init);
    const ca = init?.client === undefined ? "" : trustedBy.get(init.client) ?? null;
    if (ca === null || !/^https?:/.test(request.url)) return await natively(attempt, request, init?.client);
    return await byEngine(fetcher, attempt, request, ca);
  };
}

async function natively(attempt: Attempt, request: Request, client?: Deno.HttpClient): Promise<Response> {
  const signal = Signals.any([request.signal, attempt.signal]);
  return await nativeFetch(request, client === undefined ? { signal } : { signal, client });
}

async function byEngine(fetcher: Fetcher, attempt: Attempt, request: Request, ca: string): Promise<Response> {
  const { url, redirect, signal } = request;
  const response = await fetcher.send(attempt, ["global", "", url], await askedOf(request, ca || null), signal);
  if (redirect === "error" && REDIRECTS.includes(response.status)) {
    await response.body?.cancel();
    throw new FetchError(`${request.method} ${url.split("?")[0]}: was redirected, which \`redirect: "error"\` forbids`);
  }
  const redirected = response.url !== url.split("#")[0];
  return knowing(response, "redirected", redirected);
}
