// Part of protocols/otlp: the one error for bytes or text that are not OTLP.

/** The body can never be parsed: 400, and not worth sending again. The message is for the client's developer. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}
