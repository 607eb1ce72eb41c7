/** What an attempt is.
 *
 * It is given the world (what an attacker would have found out) and returns text that says what it got, or loot to be
 * searched for secrets; nothing, "" and an exception mean nothing.
 */

export interface World {
  readonly root: string;
  readonly outside: string;
  readonly secret: string;
  readonly readable: string;
  readonly writable: string;
  readonly scratch: string;
  readonly dotted: readonly string[];
  readonly victim: number;
  readonly address: number;
  readonly others: readonly number[];
  readonly everybody: readonly number[];
  readonly code_folders: readonly string[];
  readonly code_files: readonly string[];
  readonly tcp: number;
  readonly tcp6: number;
  readonly udp: number;
  readonly mapped: number;
  readonly redirecting: number;
  readonly declared: string;
  readonly unix: string;
  readonly unix_datagrams: string;
  readonly abstract: string;
  readonly word: string;
  readonly visible: readonly string[];
  readonly memory: number;
  readonly scratch_size: number;
  readonly locked: boolean;
}

/** `unproven` says why it does not get out where nothing is locked either, `node` which node makes it, `leaves` that it
 * ends its own process where it gets out. `by` "deno" is one that Deno's own permissions alone are to hold, because it
 * gets what nodes in Python have as well; `by` "kernel" one that they do not let begin.
 */
export interface Marks {
  unproven?: string;
  node?: string;
  leaves?: string;
  by?: string;
}

export interface Loot {
  readonly loot: string;
}

type Got = string | Loot | void;

export type Attempt = ((world: World) => Got | Promise<Got>) & Marks;

/** What it read. */
export function loot(read: string | Uint8Array | ArrayBuffer): Loot {
  return { loot: typeof read === "string" ? read : new TextDecoder("latin1").decode(read) };
}

/** What the deeds that succeed say; throws the last error when none does. */
export async function anyOf(...deeds: (() => unknown)[]): Promise<string> {
  const said: string[] = [];
  let trouble: unknown;
  for (const deed of deeds) {
    try {
      said.push(String((await deed()) ?? ""));
    } catch (error) {
      trouble = error;
    }
  }
  const all = said.filter(Boolean).join(" ");
  if (trouble && !all) throw trouble;
  return all;
}

/** Wait, in milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** What a promise gives, or an error when it takes longer. */
export function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  return Promise.race([promise, pause(milliseconds).then(() => Promise.reject(new Error("it takes too long")))]);
}
