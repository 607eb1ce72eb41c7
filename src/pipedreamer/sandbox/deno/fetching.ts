/** `ctx.fetch` and native fetch: ask the engine, which has the network. */

import type { Attempt } from "./attempt.ts";
import { FetchError, type FetchInit } from "./pipedreamer.ts";
import { type FetchEvent, type FetchKind, type HeadMessage, MOST_FETCHES } from "./protocol.ts";
import { type Asked, asked } from "./request.ts";
import { responseOf } from "./response.ts";
import { Room } from "./room.ts";
import { Transfer } from "./transfer.ts";
import type { Outbox } from "./wire.ts";

const { clearTimeout, performance, setTimeout, RangeError: RangeErrors } = globalThis;
const clock = performance.now.bind(performance);
const { max, min, round } = Math;
const { stringify } = JSON;
const Table = Map;
const LONGEST_WAIT = 2 ** 31 - 1;

type Target = readonly [kind: FetchKind, service: string, path: string];
type Signal = AbortSignal | null | undefined;

/** All the fetches of a worker. */
export class Fetcher {
  private last = 0;
  private readonly transfers = new Table<number, Transfer>();
  private readonly room = new Room(MOST_FETCHES);

  /** `turn` waits until the loop has turned. */
  constructor(private readonly outbox: Outbox, private readonly turn: () => Promise<void>) {}

  /** Throws what native fetch would throw for such an `init`, and FetchError where no answer came. */
  async fetch(attempt: Attempt, [kind, service, path]: Target, init: FetchInit = {}): Promise<Response> {
    init.signal?.throwIfAborted();
    return await this.send(attempt, [kind, `${service}`, `${path}`], await asked(init), init.signal);
  }

  /** The answer to a request that was read before; see `fetch`. */
  async send(attempt: Attempt, target: Target, request: Asked, signal: Signal): Promise<Response> {
    signal?.throwIfAborted();
    if (attempt.isOver) {
      // A node that tries again and again must not keep the loop from turning.
      await this.turn();
      throw attempt.why;
    }
    const transfer = this.begin(attempt, target, request, signal);
    const event = await transfer.next();
    if (event[0] === "head") return answered(event, transfer);
    throw new FetchError(event[0] === "unfetched" ? event[2] : "the engine's answer is out of order");
  }

  /** A frame from the engine; one for a fetch that nobody waits for is dropped. */
  deliver(event: FetchEvent): void {
    this.transfers.get(event[1])?.deliver(event);
  }

  /** Ask the engine when there is room, within the fetch's own timeout. */
  private begin(attempt: Attempt, target: Target, request: Asked, signal: Signal): Transfer {
    const id = ++this.last;
    const since = clock();
    const abort = () => transfer.cut(signal?.reason);
    const transfer = new Transfer({
      more: (taken) => this.outbox.send(["more", id, taken]),
      ended: (isCut) => {
        clearTimeout(patience);
        attempt.disown(transfer);
        signal?.removeEventListener("abort", abort);
        this.room.leave(send);
        if (this.transfers.delete(id) && isCut) this.outbox.send(["stop", id]);
      },
    });
    const send = () => {
      clearTimeout(patience);
      if (attempt.isOver) return; // its turn has come by the end of those before it
      this.transfers.set(id, transfer);
      const waited = hasWaited ? (clock() - since) / 1e3 : 0;
      this.ask(id, attempt, target, request, waited);
    };
    let hasWaited = false;
    const patience = late(request.timeout, target, (message) => transfer.deliver(["unfetched", id, message]));
    attempt.own(transfer);
    signal?.addEventListener("abort", abort);
    this.room.enter(send);
    hasWaited = true;
    return transfer;
  }

  /** The engine gets what is left of the timeout. */
  private ask(id: number, attempt: Attempt, target: Target, request: Asked, waited: number): void {
    const { method, headers, body, timeout, ca, follow } = request;
    const left = timeout === null || !waited ? timeout : max(timeout - waited, 0.001);
    try {
      this.outbox.send(["fetch", id, attempt.run, attempt.node, ...target, method, headers, body, left, ca, follow]);
    } catch (error) {
      if (!(error instanceof RangeErrors)) throw error;
      this.deliver(["unfetched", id, `${nameOf(target)} cannot send this: ${error.message}`]);
    }
  }
}

/** Tell when a fetch has waited for room as long as it may take. */
function late(timeout: number | null, target: Target, tell: (message: string) => void) {
  if (timeout === null) return;
  const milliseconds = round(timeout * 1000);
  const told = () => tell(`${nameOf(target)}: timed out after ${milliseconds}ms, waiting for other fetches to end`);
  return setTimeout(told, min(milliseconds, LONGEST_WAIT));
}

function nameOf([kind, service]: Target): string {
  return kind === "global" ? "fetch" : `ctx.fetch(${stringify(service.slice(0, 60))})`;
}

function answered(head: HeadMessage, transfer: Transfer): Response {
  try {
    return responseOf(head, transfer.body());
  } catch (error) {
    transfer.cut(error);
    throw new FetchError(`${head[3]} answered with what no Response can hold: ${error}`);
  }
}
