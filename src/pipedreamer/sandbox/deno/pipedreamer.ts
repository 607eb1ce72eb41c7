/** What a node's author imports from "pipedreamer". */

/** What every node gets as its first argument. */
export interface Context {
  /** The run's name, the same for all its nodes. */
  readonly runId: string;
  readonly run_id: string;
  /** 1 for the first attempt, one higher for each retry and each start after an interruption. */
  readonly attempt: number;
  /** The node's id. */
  readonly node: string;
  /** The workflow's config; a copy of the node's own. */
  // deno-lint-ignore no-explicit-any -- any JSON value
  readonly config: Record<string, any>;
  /** The workflow's secrets; a copy of the node's own. */
  readonly secrets: SecretsConfig;
  readonly log: Logger;
  readonly k8s: Cluster;

  /** Sends an HTTP request through the engine.
   *
   * A `path` that begins with `http://` or `https://` is used as it is, else it goes to
   * `https://api.{service}.com{path}`. Throws FetchError when no answer came; an error status is an answer.
   */
  fetch(service: string, path?: string, init?: FetchInit): Promise<Response>;
}

/** Secrets by the name of their service or file. */
// deno-lint-ignore no-explicit-any -- any JSON value
export type SecretsConfig = Record<string, any>;

/** A node's log: one line a call, `fields` are written after the message. */
export interface Logger {
  debug(message: unknown, ...fields: unknown[]): void;
  info(message: unknown, ...fields: unknown[]): void;
  warn(message: unknown, ...fields: unknown[]): void;
  error(message: unknown, ...fields: unknown[]): void;
}

/** The Kubernetes API as the workflow's service account may read it. */
export interface Cluster {
  /** The JSON that a GET of `path` (`/api/v1/nodes`) answers; an error status throws FetchError. */
  // deno-lint-ignore no-explicit-any -- any JSON value
  get(path: string): Promise<any>;
}

/** What native fetch takes, a limit in seconds, and a CA certificate in PEM. Redirects are always followed. */
export interface FetchInit extends RequestInit {
  timeout?: number;
  ca?: string;
}

/** A node: what a file below nodes/ exports as its default. */
// deno-lint-ignore no-explicit-any -- the author knows what the parents return
export type Node<Input = any, Output = unknown> = (ctx: Context, input: Input) => Output | Promise<Output>;

/** No answer came: refused, unreachable, too slow, or too large. */
export class FetchError extends TypeError {
  override name = "FetchError";
}
