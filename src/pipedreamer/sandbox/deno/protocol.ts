/** What the engine and this worker say to each other, as `sandbox/protocol.py` has it: arrays with a tag in front.
 *
 * Times are CLOCK_MONOTONIC in nanoseconds. JSON values travel as JSON text in msgpack's `bin`.
 */

import type { Utf8 } from "./utf8.ts";

/** The longest frame either side accepts, in bytes. */
export const FRAME_LIMIT = 80 * 1024 * 1024;

/** The longest log line or error, in characters. Who sends a longer one has broken the protocol. */
export const TEXT_LIMIT = 80 * 1024;

/** The longest JSON text of one node's output, in bytes. */
export const VALUE_LIMIT = 64 * 1024 * 1024;

/** How many fetches of a worker are under way at once; more wait in the worker. */
export const MOST_FETCHES = 256;

export type Level = "debug" | "info" | "warn" | "error";
export type FetchKind = "http" | "k8s" | "global";
export type Pair = readonly [name: string, value: string];

/** `file` is "" for a node of the other language; `parents` are indices, in the order of the edges. */
export type NodeCode = [id: string, file: string, timeoutMs: number, retries: number, parents: number[]];

/** The worker tells what its code asks for; `lent` are variables that the workflow's own code gets on asking. */
export type ObserveMessage = [lent?: Map<string, string>];

export type CodeMessage = [
  tag: "code",
  root: string,
  nodes: NodeCode[],
  stages: number[][],
  paths?: string[],
  jitter?: boolean,
  observe?: ObserveMessage | null,
];

/** Run the plan, or the `nodes` of it, without those that are `done`: their outputs. See protocol.py. */
export type RunMessage = [
  tag: "run",
  run: number,
  runId: string,
  input: Uint8Array,
  done?: Map<number, Uint8Array>,
  attempts?: Map<number, number>,
  failures?: Map<number, number>,
  nodes?: number[] | null,
];

export type HeadMessage = [tag: "head", id: number, status: number, url: string, headers: Pair[]];
export type DataMessage = [tag: "data", id: number, data: Uint8Array, last: boolean];
export type UnfetchedMessage = [tag: "unfetched", id: number, message: string];
export type FetchEvent = HeadMessage | DataMessage | UnfetchedMessage;

/** A message may leave out the last fields. Its bytes are those of the reader's buffer: copy what is kept. */
export type ToWorker =
  | CodeMessage
  | [tag: "settings", config: Uint8Array, secrets: Uint8Array, files?: Map<string, string>]
  | RunMessage
  | [tag: "cancel", run: number]
  | [tag: "idle"]
  | FetchEvent;

export type ObservedKind = "worker" | "read" | "look" | "write" | "change" | "env" | "secret" | "program";

export type State = "ok" | "retry" | "failed" | "cancelled";

export type ToEngine =
  | readonly ["ready"]
  | readonly ["unloaded", messages: readonly string[]]
  | readonly ["begun", run: number, node: number, attempt: number, deadline: number]
  | readonly ["beat"]
  | readonly [
    tag: "outcome",
    run: number,
    node: number,
    attempt: number,
    started: number,
    ended: number,
    state: State,
    value: Utf8,
    last: boolean,
  ]
  | readonly ["log", run: number, node: number, attempt: number, level: Level, message: string]
  | readonly [
    tag: "fetch",
    id: number,
    run: number,
    node: number,
    kind: FetchKind,
    service: string,
    path: string,
    method: string,
    headers: readonly Pair[],
    body: Uint8Array | null,
    timeout: number | null,
    ca: string | null,
    follow: boolean,
  ]
  | readonly ["more", id: number, taken: number]
  | readonly ["stop", id: number]
  | readonly [
    tag: "observed",
    kind: ObservedKind,
    name: string,
    place: string,
    library: string,
    found: boolean,
  ]
  | readonly ["stuck", run: number, node: number];

/** The message of a node that did not end in time, whichever side ended it. */
export function timedOut(nodeId: string, timeoutMs: number): string {
  return `Node "${nodeId}" timed out after ${timeoutMs}ms`;
}

/** Milliseconds before the next attempt after so many failed ones: 100, 200, 400 and so on. */
export function retryWait(failures: number): number {
  return 100 * 2 ** (failures - 1);
}
