// Part of the sandbox: what one destination has taken: counts, ids for the audit, and the last items for tests to read.

export interface Counts {
  /** Requests that carry items, whatever the answer. */
  requests: number;
  /** Items taken, repeated ones included. */
  items: number;
  uniqueItems: number;
  /** Requests that failed, and items refused inside a request that did not. */
  refused: number;
}

export interface Audit {
  missing: readonly string[];
  /** Ids among those asked for that were taken more than once. */
  duplicated: readonly string[];
}

const MAX_RECENT_ITEMS = 2000;
const MAX_RECENT_CHARACTERS = 32 * 1024 * 1024;
/** About 150 MB of ids; the oldest are forgotten beyond, and an audit for them says `missing`. */
const MAX_IDS = 1_000_000;

export class Store {
  #requests = 0;
  #items = 0;
  #uniqueItems = 0;
  #refused = 0;
  #recentCharacters = 0;
  readonly #ids = new Map<string, number>();
  /** As JSON text: a copy that shares nothing with a request, and whose size is known. */
  readonly #recent: string[] = [];
  readonly #onItem: (id: string) => void;

  /** `onItem` is told of every item that is taken, also of one that was taken before, by the names that its sender knows. */
  constructor(onItem: (id: string) => void = () => {}) {
    this.#onItem = onItem;
  }

  countRequest(): void {
    this.#requests += 1;
  }

  countRefused(count = 1): void {
    this.#refused += count;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** `readable` is called at once, if at all. `names`: what the sender calls the item and what is in it, for the audit. */
  add(id: string, readable: () => unknown, names: readonly string[] = [id]): void {
    this.#items += 1;
    if (this.#note(id) === 1) this.#uniqueItems += 1;
    for (const name of names) if (name !== id) this.#note(name);
    this.#remember(JSON.stringify(readable()));
    for (const name of names) this.#onItem(name);
  }

  counts(): Counts {
    return {
      requests: this.#requests,
      items: this.#items,
      uniqueItems: this.#uniqueItems,
      refused: this.#refused,
    };
  }

  audit(ids: readonly string[]): Audit {
    const asked = [...new Set(ids)];
    return {
      missing: asked.filter((id) => !this.#ids.has(id)),
      duplicated: asked.filter((id) => (this.#ids.get(id) ?? 0) > 1),
    };
  }

  /** The last ones, oldest first. */
  items(limit = MAX_RECENT_ITEMS): readonly unknown[] {
    const from = Math.max(0, this.#recent.length - limit);
    return this.#recent.slice(from).map((text): unknown => JSON.parse(text));
  }

  reset(): void {
    this.#requests = 0;
    this.#items = 0;
    this.#uniqueItems = 0;
    this.#refused = 0;
    this.#recentCharacters = 0;
    this.#ids.clear();
    this.#recent.length = 0;
  }

  #remember(text: string): void {
    this.#recent.push(text);
    this.#recentCharacters += text.length;
    while (this.#recent.length > MAX_RECENT_ITEMS || this.#recentCharacters > MAX_RECENT_CHARACTERS) {
      this.#recentCharacters -= this.#recent.shift()?.length ?? 0;
    }
  }

  /** How often it has been seen now. */
  #note(id: string): number {
    const seen = (this.#ids.get(id) ?? 0) + 1;
    this.#ids.set(id, seen);
    if (this.#ids.size > MAX_IDS) {
      const oldest = this.#ids.keys().next();
      if (!oldest.done) this.#ids.delete(oldest.value);
    }
    return seen;
  }
}
