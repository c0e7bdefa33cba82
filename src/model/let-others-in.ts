// Part of model: for work in pieces that each keep the event loop for long.

/** A new connection is accepted in one turn and its request read in the next; the first one may be over but for its end. */
const TURNS = 3;

/** Resolves when whoever has come meanwhile has been served. */
export async function letOthersIn(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
