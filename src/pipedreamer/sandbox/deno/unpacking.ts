/** msgpack to values, as far as the wire needs it (https://github.com/msgpack/msgpack/blob/master/spec.md). */

import { decodeUtf8 } from "./utf8.ts";

const View = DataView;
const Table = Map;
const { RangeError: RangeErrors } = globalThis;

export type Unpacked = null | boolean | number | string | Uint8Array | Unpacked[] | Map<Unpacked, Unpacked>;

/** Reads values from `bytes`. Binary ones are views into it; whole numbers beyond 2^53 are rounded as doubles are. */
export class Unpacker {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {
    this.view = new View(bytes.buffer);
  }

  /** The value that these bytes are. Throws RangeError where they are none. */
  read(from: number, to: number): Unpacked {
    this.at = from;
    const value = this.next();
    if (this.at !== to) throw new RangeErrors(`a value of ${this.at - from} bytes in a frame of ${to - from}`);
    return value;
  }

  private next(): Unpacked {
    const tag = this.bytes[this.at++];
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 0x0f);
    if (tag < 0xa0) return this.list(tag & 0x0f);
    if (tag < 0xc0) return this.text(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.binary(this.unsigned(tag - 0xc4));
      case 0xca:
        return this.view.getFloat32(this.skip(4));
      case 0xcb:
        return this.view.getFloat64(this.skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.unsigned(tag - 0xcc);
      case 0xd0:
        return this.view.getInt8(this.skip(1));
      case 0xd1:
        return this.view.getInt16(this.skip(2));
      case 0xd2:
        return this.view.getInt32(this.skip(4));
      case 0xd3:
        return this.view.getInt32(this.skip(4)) * 2 ** 32 + this.unsigned(2);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(tag - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.list(this.unsigned(tag - 0xdb));
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(tag - 0xdd));
    }
    throw new RangeErrors(`no value of the wire begins with ${tag}`);
  }

  /** A number of 1, 2, 4 or 8 bytes, by its power of two. */
  private unsigned(power: number): number {
    if (power === 0) return this.view.getUint8(this.skip(1));
    if (power === 1) return this.view.getUint16(this.skip(2));
    if (power === 2) return this.view.getUint32(this.skip(4));
    return this.view.getUint32(this.skip(4)) * 2 ** 32 + this.view.getUint32(this.skip(4));
  }

  private text(length: number): string {
    const from = this.skip(length);
    return decodeUtf8(this.bytes, from, this.at);
  }

  private binary(length: number): Uint8Array {
    const from = this.skip(length);
    return this.bytes.subarray(from, this.at);
  }

  private list(length: number): Unpacked[] {
    const items: Unpacked[] = [];
    for (let i = 0; i < length; i++) items.push(this.next());
    return items;
  }

  private map(size: number): Map<Unpacked, Unpacked> {
    const items = new Table<Unpacked, Unpacked>();
    for (let i = 0; i < size; i++) items.set(this.next(), this.next());
    return items;
  }

  private skip(size: number): number {
    this.at += size;
    return this.at - size;
  }
}
