/** Values to msgpack, as far as the wire needs it (https://github.com/msgpack/msgpack/blob/master/spec.md). */

import { Utf8, utf8Length } from "./utf8.ts";

const encoder = new TextEncoder();
const { isInteger } = Number;
const { floor } = Math;
const Bytes = Uint8Array;
const View = DataView;

const ROOM = 64 * 1024;
const SHORT = 40;

export type Packable = null | boolean | number | string | Utf8 | Uint8Array | readonly Packable[];

/** Values one after the other, in a buffer that grows. Whole numbers beyond 2^53 are rounded as doubles are. */
export class Packer {
  size = 0;
  bytes: Uint8Array<ArrayBuffer> = new Bytes(ROOM);
  private view = new View(this.bytes.buffer);

  add(value: Packable): void {
    if (typeof value === "string") this.text(value, false);
    else if (typeof value === "number") this.number(value);
    else if (value === null) this.byte(0xc0);
    else if (typeof value === "boolean") this.byte(value ? 0xc3 : 0xc2);
    else if (value instanceof Utf8) this.text(value.text, true);
    else if (value instanceof Bytes) this.binary(value);
    else this.list(value);
  }

  /** Leave room for a number, to be told by `setUint32`; its place. */
  skipUint32(): number {
    this.reserve(4);
    this.size += 4;
    return this.size - 4;
  }

  /** Write a little-endian number at a place that is there. */
  setUint32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** Begin anew, without the memory that something large took. */
  clear(): void {
    this.size = 0;
    if (this.bytes.length > 16 * ROOM) this.replace(new Bytes(ROOM));
  }

  private list(items: readonly Packable[]): void {
    this.head(items.length, 16, 0x90, 0, 0xdc);
    for (let i = 0; i < items.length; i++) this.add(items[i]);
  }

  private binary(value: Uint8Array): void {
    this.head(value.length, 0, 0, 0xc4, 0xc5);
    this.reserve(value.length);
    this.bytes.set(value, this.size);
    this.size += value.length;
  }

  private text(text: string, isBinary: boolean): void {
    const small = isBinary ? 0 : 32;
    const tag = isBinary ? 0xc4 : 0xd9;
    if (text.length <= SHORT && this.ascii(text, small, tag)) return;
    const length = utf8Length(text);
    this.head(length, small, 0xa0, tag, tag + 1);
    this.reserve(length);
    encoder.encodeInto(text, this.bytes.subarray(this.size, this.size + length));
    this.size += length;
  }

  /** A short text without the encoder, which costs more than that to call; false for one that is not ASCII. */
  private ascii(text: string, small: number, tag: number): boolean {
    const before = this.size;
    this.head(text.length, small, 0xa0, tag, tag + 1);
    this.reserve(SHORT);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.size = before;
        return false;
      }
      this.bytes[this.size++] = code;
    }
    return true;
  }

  /** A length: within a tag of one byte below `small`, else behind a tag for 8 bits (where there is one), 16 or 32. */
  private head(length: number, small: number, fixed: number, tag8: number, tag16: number): void {
    if (length < small) this.byte(fixed | length);
    else if (tag8 && length < 0x100) this.sized(tag8, 1, length);
    else if (length < 0x10000) this.sized(tag16, 2, length);
    else this.sized(tag16 + 1, 4, length);
  }

  private number(value: number): void {
    if (!isInteger(value) || value >= 2 ** 64 || value < -(2 ** 63)) {
      this.sized(0xcb, 8, 0);
      this.view.setFloat64(this.size - 8, value);
    } else if (value < 0) {
      if (value >= -32) this.byte(value & 0xff);
      else if (value >= -(2 ** 31)) this.sized(0xd2, 4, value);
      else this.wide(0xd3, value);
    } else if (value < 0x80) this.byte(value);
    else if (value < 0x100) this.sized(0xcc, 1, value);
    else if (value < 0x10000) this.sized(0xcd, 2, value);
    else if (value < 2 ** 32) this.sized(0xce, 4, value);
    else this.wide(0xcf, value);
  }

  private wide(tag: number, value: number): void {
    const high = floor(value / 2 ** 32);
    this.sized(tag, 8, 0);
    this.view.setInt32(this.size - 8, high);
    this.view.setInt32(this.size - 4, value - high * 2 ** 32);
  }

  private sized(tag: number, width: 1 | 2 | 4 | 8, value: number): void {
    this.reserve(9);
    this.bytes[this.size++] = tag;
    if (width === 1) this.bytes[this.size] = value;
    else if (width === 2) this.view.setInt16(this.size, value);
    else if (width === 4) this.view.setInt32(this.size, value);
    this.size += width;
  }

  private byte(value: number): void {
    this.reserve(1);
    this.bytes[this.size++] = value;
  }

  private reserve(more: number): void {
    const wanted = this.size + more;
    if (wanted <= this.bytes.length) return;
    const grown = new Bytes(wanted > 16 * ROOM ? wanted + (wanted >> 3) : 2 * wanted);
    grown.set(this.bytes.subarray(0, this.size));
    this.replace(grown);
  }

  private replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new View(bytes.buffer);
  }
}
