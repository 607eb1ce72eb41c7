/** Room for so many at once; who finds none waits for a turn. */

const Several = Set;

export class Room {
  private readonly waiting = new Several<() => void>();

  constructor(private free: number) {}

  /** Begin at once, or when there is room. */
  enter(begin: () => void): void {
    if (this.free > 0) {
      this.free--;
      begin();
    } else this.waiting.add(begin);
  }

  /** Make room for another, or wait no longer. */
  leave(begin: () => void): void {
    if (this.waiting.delete(begin)) return;
    const [next] = this.waiting;
    if (next === undefined) this.free++;
    else {
      this.waiting.delete(next);
      next();
    }
  }
}
