// Part of the model: what everything that starts and stops looks like.

/** `shutdown` is safe twice and safe without `start`; it resolves at the latest soon after `deadline` aborts. */
export interface Component {
  start(): Promise<void>;
  shutdown(deadline: AbortSignal): Promise<void>;
}
