// Part of sampling: a rule's reservoir, shared out among the processes that ask for a part of it.

/**
 * A part is good for so many reports of its client. X-Ray itself gives 300 s; here the part of a process that is gone would lie unused
 * so long, in a rule that is one process's alone.
 */
export const REPORTS = 3;
/** Of one rule; more get nothing and are not remembered. */
const MAX_CLIENTS = 1000;

export interface Quota {
  quota: number;
  /** The last second in which it is good. */
  untilSeconds: number;
}

/** By rule, by client id, in the order in which clients came. */
export class Quotas {
  readonly #given = new Map<string, Map<string, Quota>>();

  /**
   * `total` is shared evenly, the rest goes to those that came first. What others hold still counts, so that all parts together are
   * never more than `total`, also while clients come and go.
   */
  share(ruleName: string, clientId: string, total: number, nowSeconds: number, untilSeconds: number): Quota {
    const clients = this.#clientsOf(ruleName, nowSeconds);
    if (clients.size >= MAX_CLIENTS && !clients.has(clientId)) return { quota: 0, untilSeconds };
    const held = clients.get(clientId)?.quota ?? 0;
    clients.set(clientId, { quota: held, untilSeconds });
    const rank = [...clients.keys()].indexOf(clientId);
    const fair = Math.floor(total / clients.size) + (rank < total % clients.size ? 1 : 0);
    const others = [...clients.values()].reduce((sum, { quota }) => sum + quota, 0) - held;
    const part = { quota: Math.max(0, Math.min(fair, total - others)), untilSeconds };
    clients.set(clientId, part);
    return part;
  }

  /** Rules that are no more. */
  forgetAllBut(isKnown: (ruleName: string) => boolean): void {
    for (const ruleName of this.#given.keys()) if (!isKnown(ruleName)) this.#given.delete(ruleName);
  }

  #clientsOf(ruleName: string, nowSeconds: number): Map<string, Quota> {
    const clients = this.#given.get(ruleName) ?? new Map<string, Quota>();
    this.#given.set(ruleName, clients);
    for (const [clientId, { untilSeconds }] of clients) {
      if (untilSeconds < nowSeconds) clients.delete(clientId);
    }
    return clients;
  }
}
