// Part of recent: bytes in pages that are filled one after the other. The oldest page goes as a whole, with all that lies in it.

export interface Page<T> {
  bytes: Buffer;
  used: number;
  /** What lies in it, oldest first. */
  things: T[];
}

export interface Place<T> {
  page: Page<T>;
  from: number;
  to: number;
}

const LARGEST_PAGE_BYTES = 512 * 1024;

export class Pages<T> {
  readonly #pageBytes: number;
  readonly #pages: Page<T>[] = [];
  #spare: Buffer | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#pageBytes = Math.max(1024, Math.min(LARGEST_PAGE_BYTES, maxBytes >> 4));
  }

  /** Allocated, used or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies; what is larger than a page has one of its own. */
  put(content: Uint8Array, thing: T): Place<T> {
    let page = this.#pages.at(-1);
    if (!page || page.used + content.length > page.bytes.length) page = this.#open(content.length);
    const from = page.used;
    page.bytes.set(content, from);
    page.used += content.length;
    page.things.push(thing);
    return { page, from, to: page.used };
  }

  /** Removes the oldest page and gives what lay in it; undefined when there is none but the one being filled. */
  dropOldest(): readonly T[] | undefined {
    if (this.#pages.length < 2) return undefined;
    const page = this.#pages.shift() as Page<T>;
    this.#bytes -= page.bytes.length;
    if (page.bytes.length === this.#pageBytes) this.#spare = page.bytes;
    return page.things;
  }

  #open(leastBytes: number): Page<T> {
    const fits = leastBytes <= this.#pageBytes;
    const bytes =
      (fits ? this.#spare : undefined) ?? Buffer.allocUnsafeSlow(Math.max(leastBytes, this.#pageBytes));
    if (fits) this.#spare = undefined;
    const page = { bytes, used: 0, things: [] };
    this.#bytes += bytes.length;
    this.#pages.push(page);
    return page;
  }
}
