/** Text as bytes. */

const fromCharCode = String.fromCharCode;
const decoder = new TextDecoder();
const SHORT = 24;

/** Text that travels as bytes. */
export class Utf8 {
  constructor(readonly text: string) {}
}

/** How many bytes a text takes; half of a character counts as the replacement that stands for it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) length += 1;
    else {
      length += 2;
      if ((code & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    }
  }
  return length;
}

/** The text of some bytes; short ones without the decoder, which costs more than that to call. */
export function decodeUtf8(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (to - from <= SHORT) {
    let text = "";
    for (let i = from; i < to; i++) {
      if (bytes[i] > 0x7f) return decoder.decode(bytes.subarray(from, to));
      text += fromCharCode(bytes[i]);
    }
    return text;
  }
  return decoder.decode(bytes.subarray(from, to));
}
