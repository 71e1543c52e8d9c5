/** Texts are put together once: on the host that costs more than to run a kernel. */
export class Memo<T> {
  private readonly made = new Map<string, T>();

  /** When it is full, everything is forgotten: what is in use comes back at once. */
  constructor(private readonly size: number = 1024) {}

  get(key: string, make: () => T): T {
    let value = this.made.get(key);
    if (value === undefined) {
      if (this.made.size >= this.size) this.made.clear();
      value = make();
      this.made.set(key, value);
    }
    return value;
  }
}
