// Part of exporters/rollbar: Rollbar has no page of a trace, and an item's address is not known to who sends it.

export function traceUrl(): undefined {
  return undefined;
}
