// Part of the model: a set of item indexes of one record, as a bitmap.

export class ItemSet {
  readonly #bits: Uint8Array;
  /** How many indexes the record has: 0 <= index < capacity. */
  readonly capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#bits = new Uint8Array((capacity + 7) >> 3);
  }

  get size(): number {
    return this.#size;
  }

  has(index: number): boolean {
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** True when the index was not in the set before. */
  add(index: number): boolean {
    if (index < 0 || index >= this.capacity || this.has(index)) return false;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) | (1 << (index & 7));
    this.#size += 1;
    return true;
  }

  addAll(other: ItemSet): void {
    for (let index = 0; index < other.capacity; index++) if (other.has(index)) this.add(index);
  }

  /** `<capacity>:<base64 of the bitmap>` */
  toText(): string {
    return `${this.capacity}:${Buffer.from(this.#bits).toString('base64')}`;
  }

  static fromText(text: string): ItemSet | undefined {
    const [capacityText = '', bitsText = ''] = text.split(':');
    const capacity = Number(capacityText);
    const bits = Buffer.from(bitsText, 'base64');
    if (!Number.isSafeInteger(capacity) || bits.length !== (capacity + 7) >> 3) return undefined;
    const set = new ItemSet(capacity);
    for (let index = 0; index < capacity; index++) {
      if (((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) set.add(index);
    }
    return set;
  }
}
