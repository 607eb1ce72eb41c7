/** One fetch under way: what the engine sent of it and the node has not taken. */

import type { Resource } from "./attempt.ts";
import { FetchError } from "./pipedreamer.ts";
import type { FetchEvent } from "./protocol.ts";

const { Promise: Promises, ReadableStream: Streams } = globalThis;

/** What a transfer tells the engine. */
export interface Engine {
  /** As many bytes more may come. */
  more(taken: number): void;
  /** Nothing more comes, or (`isCut`) nobody waits for it. */
  ended(isCut: boolean): void;
}

export class Transfer implements Resource {
  private readonly events: FetchEvent[] = [];
  private hasEnded = false;
  private failure?: { readonly reason: unknown };
  private wake?: () => void;

  constructor(private readonly engine: Engine) {}

  /** A frame from the engine. */
  deliver(event: FetchEvent): void {
    this.events.push(event[0] === "data" ? ["data", event[1], event[2].slice(), event[3]] : event);
    if (event[0] === "unfetched" || (event[0] === "data" && event[3])) this.end(false);
    this.wake?.();
  }

  /** Give up what has not come: who waits for it gets the reason. */
  cut(reason: unknown): void {
    if (this.hasEnded) return;
    this.failure = { reason };
    this.events.length = 0;
    this.end(true);
    this.wake?.();
  }

  /** The next thing that came; throws what the transfer was cut for. */
  async next(): Promise<FetchEvent> {
    while (true) {
      const event = this.events.shift();
      if (event !== undefined) return event;
      if (this.failure !== undefined) throw this.failure.reason;
      await new Promises<void>((resolve) => this.wake = resolve);
    }
  }

  /** The body, to be read once. Only what is read makes room for more. */
  body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new Streams({
      type: "bytes",
      pull: (controller) => this.pull(controller),
      cancel: (reason) => this.cut(reason),
    }, { highWaterMark: 0 });
  }

  private async pull(controller: ReadableByteStreamController): Promise<void> {
    while (true) {
      const event = await this.next();
      if (event[0] !== "data") throw new FetchError(event[0] === "unfetched" ? event[2] : "answered out of order");
      const [, , data, isLast] = event;
      const size = data.length;
      // Takes the bytes away from `data`.
      if (size) controller.enqueue(data as Uint8Array<ArrayBuffer>);
      if (isLast) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else if (size && !this.hasEnded) this.engine.more(size);
      if (size || isLast) return;
    }
  }

  private end(isCut: boolean): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.engine.ended(isCut);
  }
}
