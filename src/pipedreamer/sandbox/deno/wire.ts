/** Frames in and out of a stream of bytes: a little-endian 32-bit length, then a message in msgpack. */

import { type Packable, Packer } from "./packing.ts";
import { FRAME_LIMIT, type ToEngine, type ToWorker } from "./protocol.ts";
import { Unpacker } from "./unpacking.ts";

const Bytes = Uint8Array;
const { RangeError: RangeErrors } = globalThis;

const RECEIVED_AT_ONCE = 256 * 1024;
const MOST_GATHERED = 256 * 1024;
const HEAD = 4;

interface Source {
  read(into: Uint8Array): Promise<number | null>;
  readSync(into: Uint8Array): number | null;
}

interface Sink {
  writeSync(bytes: Uint8Array): number;
}

/** Who takes the messages; their bytes are to be copied before it returns. */
interface Taker {
  take(message: ToWorker): void;
  /** Wait until the loop has turned; whether it may then stand still until the next message. */
  mayStandStill(): Promise<boolean>;
}

/** Hand on each message until the stream ends.
 *
 * Deno reads in a thread of its own when it is to wait for what it reads: that takes longer than a small run.
 */
export async function receive(source: Source, taker: Taker): Promise<void> {
  let buffer = new Bytes(RECEIVED_AT_ONCE);
  let unpacker = new Unpacker(buffer);
  let filled = 0;
  while (true) {
    const room = buffer.subarray(filled);
    const size = await taker.mayStandStill() ? source.readSync(room) : await source.read(room);
    if (size === null) return;
    filled += size;
    let at = 0;
    let wanted = HEAD;
    while (filled - at >= HEAD) {
      wanted = HEAD + lengthAt(buffer, at);
      if (filled - at < wanted) break;
      taker.take(unpacker.read(at + HEAD, at + wanted) as unknown as ToWorker);
      at += wanted;
      wanted = HEAD;
    }
    const needed = wanted > RECEIVED_AT_ONCE ? wanted : RECEIVED_AT_ONCE;
    const rest = buffer.subarray(at, filled);
    if (needed === buffer.length) buffer.copyWithin(0, at, filled);
    else {
      buffer = new Bytes(needed);
      buffer.set(rest);
      unpacker = new Unpacker(buffer);
    }
    filled = rest.length;
  }
}

function lengthAt(buffer: Uint8Array, at: number): number {
  const length = (buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24)) >>> 0;
  if (length > FRAME_LIMIT) throw new RangeErrors(`a frame of ${length} bytes is over the limit of ${FRAME_LIMIT}`);
  return length;
}

/** Frames for the engine: gathered, and written together once a turn of the loop, or when they are many. */
export class Outbox {
  /** Called before what was gathered is written; may `add` to it. */
  prepare: () => void = () => {};
  private readonly packer = new Packer();
  private isDue = false;

  /** `later` calls back at the end of this turn of the loop. Writing waits while the engine is behind. */
  constructor(private readonly sink: Sink, private readonly later: (task: () => void) => void) {}

  /** Throws RangeError for a message that is too long for a frame. */
  send(message: ToEngine): void {
    this.add(message);
    if (this.packer.size > MOST_GATHERED) this.flush();
    this.due();
  }

  /** See to it that what is gathered is written when this turn ends. */
  due(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.later(() => {
      this.isDue = false;
      this.flush();
    });
  }

  /** Send a message, and all that was gathered before it, at once. */
  sendNow(message: ToEngine): void {
    this.add(message);
    this.flush();
  }

  flush(): void {
    const { packer } = this;
    this.prepare();
    let at = 0;
    while (at < packer.size) at += this.sink.writeSync(packer.bytes.subarray(at, packer.size));
    packer.clear();
  }

  /** Gather a message for the next write, whenever that is. */
  add(message: ToEngine): void {
    const { packer } = this;
    const at = packer.skipUint32();
    packer.add(message as readonly Packable[]);
    const length = packer.size - at - HEAD;
    if (length > FRAME_LIMIT) {
      packer.size = at;
      throw new RangeErrors(`a message of ${length} bytes is over the limit of ${FRAME_LIMIT}`);
    }
    packer.setUint32(at, length);
  }
}
