/** `ctx.fetch`: asks the engine, which has the network. */

import type { Attempt } from "./attempt.ts";
import { FetchError, type FetchInit } from "./pipedreamer.ts";
import type { FetchEvent, FetchKind, HeadMessage } from "./protocol.ts";
import { type Asked, asked } from "./request.ts";
import { responseOf } from "./response.ts";
import { Transfer } from "./transfer.ts";
import type { Outbox } from "./wire.ts";

const Table = Map;
const { RangeError: RangeErrors } = globalThis;

/** All the fetches of a worker. */
export class Fetcher {
  private last = 0;
  private readonly transfers = new Table<number, Transfer>();

  /** `turn` waits until the loop has turned. */
  constructor(private readonly outbox: Outbox, private readonly turn: () => Promise<void>) {}

  /** Throws what native fetch would throw for such an `init`, and FetchError where no answer came. */
  async fetch(
    attempt: Attempt,
    kind: FetchKind,
    service: string,
    path: string,
    init: FetchInit = {},
  ): Promise<Response> {
    const { signal } = init;
    signal?.throwIfAborted();
    const request = await asked(init);
    signal?.throwIfAborted();
    if (attempt.isOver) {
      // A node that tries again and again must not keep the loop from turning.
      await this.turn();
      throw attempt.why;
    }
    const transfer = this.begin(attempt, [kind, `${service}`, `${path}`], request, signal);
    const event = await transfer.next();
    if (event[0] === "head") return answered(event, transfer);
    throw new FetchError(event[0] === "unfetched" ? event[2] : "the engine's answer is out of order");
  }

  /** A frame from the engine; one for a fetch that nobody waits for is dropped. */
  deliver(event: FetchEvent): void {
    this.transfers.get(event[1])?.deliver(event);
  }

  private begin(
    attempt: Attempt,
    target: readonly [kind: FetchKind, service: string, path: string],
    { method, headers, body, timeout, ca }: Asked,
    signal: AbortSignal | null | undefined,
  ): Transfer {
    const id = ++this.last;
    const abort = () => transfer.cut(signal?.reason);
    const transfer = new Transfer({
      more: (taken) => this.outbox.send(["more", id, taken]),
      ended: (isCut) => {
        this.transfers.delete(id);
        attempt.disown(transfer);
        signal?.removeEventListener("abort", abort);
        if (isCut) this.outbox.send(["stop", id]);
      },
    });
    try {
      this.outbox.send(["fetch", id, attempt.run, attempt.node, ...target, method, headers, body, timeout, ca]);
    } catch (error) {
      throw error instanceof RangeErrors ? new FetchError(`ctx.fetch cannot send this: ${error.message}`) : error;
    }
    this.transfers.set(id, transfer);
    attempt.own(transfer);
    signal?.addEventListener("abort", abort);
    return transfer;
  }
}

function answered(head: HeadMessage, transfer: Transfer): Response {
  try {
    return responseOf(head, transfer.body());
  } catch (error) {
    transfer.cut(error);
    throw new FetchError(`${head[3]} answered with what no Response can hold: ${error}`);
  }
}
