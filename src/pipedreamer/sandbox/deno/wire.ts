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
}

interface Sink {
  writeSync(bytes: Uint8Array): number;
}

/** Hand on each message until the stream ends. Its bytes are to be copied before `take` returns. */
export async function receive(source: Source, take: (message: ToWorker) => void): Promise<void> {
  let buffer = new Bytes(RECEIVED_AT_ONCE);
  let unpacker = new Unpacker(buffer);
  let filled = 0;
  while (true) {
    const size = await source.read(buffer.subarray(filled));
    if (size === null) return;
    filled += size;
    let at = 0;
    let wanted = HEAD;
    while (filled - at >= HEAD) {
      wanted = HEAD + lengthAt(buffer, at);
      if (filled - at < wanted) break;
      take(unpacker.read(at + HEAD, at + wanted) as unknown as ToWorker);
      at += wanted;
      wanted = HEAD;
    }
    const room = wanted > RECEIVED_AT_ONCE ? wanted : RECEIVED_AT_ONCE;
    const rest = buffer.subarray(at, filled);
    if (room === buffer.length) buffer.copyWithin(0, at, filled);
    else {
      buffer = new Bytes(room);
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
  private readonly packer = new Packer();
  private isDue = false;

  /** `later` calls back at the end of this turn of the loop. Writing waits while the engine is behind. */
  constructor(private readonly sink: Sink, private readonly later: (task: () => void) => void) {}

  /** Throws RangeError for a message that is too long for a frame. */
  send(message: ToEngine): void {
    this.pack(message);
    if (this.packer.size > MOST_GATHERED) this.flush();
    if (this.isDue) return;
    this.isDue = true;
    this.later(() => {
      this.isDue = false;
      this.flush();
    });
  }

  /** Send a message, and all that was gathered before it, at once. */
  sendNow(message: ToEngine): void {
    this.pack(message);
    this.flush();
  }

  flush(): void {
    const { packer } = this;
    let at = 0;
    while (at < packer.size) at += this.sink.writeSync(packer.bytes.subarray(at, packer.size));
    packer.clear();
  }

  private pack(message: ToEngine): void {
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
