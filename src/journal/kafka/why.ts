// Part of the journal in Kafka: what went wrong, told by the error at the bottom: those above it say only what was being done.

export function whyOf(error: unknown): string {
  const found: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = below(at)) if (at.message) found.push(at.message);
  const [outermost = String(error)] = found;
  const innermost = found.at(-1) ?? outermost;
  return innermost === outermost ? outermost : `${withoutStop(outermost)}: ${innermost}`;
}

const withoutStop = (text: string) => text.replace(/\.$/, '');

function below(error: Error): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0];
  return error.cause;
}
