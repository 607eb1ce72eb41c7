/** File reads answered by a test fixture: a path that the fixture names is not read from the disk.
 *
 * Only `pipedreamer test` sends such files.
 */

const { readFile, readFileSync, readTextFile, readTextFileSync } = Deno;
const { decodeURIComponent, encodeURIComponent, URL: Urls } = globalThis;
const Table = Map;
const encoder = new TextEncoder();

type Path = string | URL;

/** The files of the fixture that is running. */
export class Redirect {
  /** Hears which of them are read. */
  heard: (path: string) => void = () => {};
  private texts = new Table<string, string>();
  private given: ReadonlyMap<string, string> = new Table();
  private root = "/";
  private isInstalled = false;

  /** Relative paths are below this folder. */
  settle(root: string): void {
    this.root = root;
    this.replace(this.given);
  }

  /** Answer reads of these paths, and of no others any more. */
  replace(files: ReadonlyMap<string, string>): void {
    this.given = files;
    this.texts = new Table();
    for (const [path, text] of files) this.texts.set(this.absolute(path), text);
    if (files.size && !this.isInstalled) this.install();
  }

  private install(): void {
    this.isInstalled = true;
    Deno.readTextFileSync = (path) => this.find(path) ?? readTextFileSync(path);
    Deno.readTextFile = async (path, options) => this.find(path) ?? await readTextFile(path, options);
    Deno.readFileSync = (path) => this.bytes(path) ?? readFileSync(path);
    Deno.readFile = async (path, options) => this.bytes(path) ?? await readFile(path, options);
  }

  private find(path: Path): string | undefined {
    const absolute = this.absolute(path);
    const text = this.texts.get(absolute);
    if (text !== undefined) this.heard(absolute);
    return text;
  }

  private bytes(path: Path): Uint8Array<ArrayBuffer> | undefined {
    const text = this.find(path);
    return text === undefined ? undefined : encoder.encode(text);
  }

  /** One spelling of a path: absolute, without dots and doubled slashes. */
  private absolute(path: Path): string {
    if (path instanceof Urls) return decodeURIComponent(path.pathname);
    const whole = `${path}`.startsWith("/") ? `${path}` : `${this.root}/${path}`;
    const segments = whole.split("/").filter((segment) => segment).map(encodeURIComponent);
    return decodeURIComponent(new Urls(`file:///${segments.join("/")}`).pathname);
  }
}
