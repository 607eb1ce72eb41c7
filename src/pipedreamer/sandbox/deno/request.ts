/** What a node says to `ctx.fetch` -> what the engine is asked for. */

import { FetchError, type FetchInit } from "./pipedreamer.ts";
import type { Pair } from "./protocol.ts";

const { Request: Requests } = globalThis;
const Bytes = Uint8Array;
const ANY_URL = "http://service.invalid/";

/** A request without its target; `timeout` is in seconds, `follow` says whether redirects are followed. */
export interface Asked {
  readonly method: string;
  readonly headers: readonly Pair[];
  readonly body: Uint8Array | null;
  readonly timeout: number | null;
  readonly ca: string | null;
  readonly follow: boolean;
}

/** Throws what native fetch would throw for such an `init`, and FetchError for what the engine has no way to do. */
export async function asked(init: FetchInit): Promise<Asked> {
  const { timeout, ca, signal: _, ...rest } = init;
  if (rest.redirect !== undefined && rest.redirect !== "follow") {
    throw new FetchError(`ctx.fetch always follows redirects: it cannot do \`redirect: "${rest.redirect}"\``);
  }
  if ("client" in rest) throw new FetchError("ctx.fetch takes no `client`: pass a certificate as `ca`, or use fetch");
  if (timeout !== undefined && !(timeout >= 0)) {
    throw new FetchError("ctx.fetch takes `timeout` in seconds, as a number");
  }
  const limits = { timeout: timeout === undefined ? null : +timeout, ca: ca === undefined ? null : `${ca}` };
  return { ...await contentOf(new Requests(ANY_URL, rest)), ...limits, follow: true };
}

/** The same for native fetch, which has no limit of its own; `ca` is what its client trusts. */
export async function askedOf(request: Request, ca: string | null): Promise<Asked> {
  return { ...await contentOf(request), timeout: null, ca, follow: request.redirect === "follow" };
}

async function contentOf(request: Request): Promise<Pick<Asked, "method" | "headers" | "body">> {
  return {
    method: request.method,
    headers: [...request.headers],
    body: request.body === null ? null : new Bytes(await request.arrayBuffer()),
  };
}
