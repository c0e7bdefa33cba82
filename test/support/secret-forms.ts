// Part of the tests: finds a secret in what came out, also where it is written in another way.

const FORMS: Readonly<Record<string, (text: string, secret: string) => boolean>> = {
  'as it is': (text, secret) => text.toLowerCase().includes(secret.toLowerCase()),
  // JSON in JSON has escapes of escapes.
  'in escapes of JSON': (text, secret) =>
    text.replace(/\\+u00([\da-f]{2})/gi, (_, hex: string) => charOf(hex)).includes(secret),
  'percent-encoded': (text, secret) =>
    text.replace(/%([\da-f]{2})/gi, (_, hex: string) => charOf(hex)).includes(secret),
  'in base64': (text, secret) => inBase64(secret).some((form) => text.includes(form)),
  'in hex': (text, secret) => text.toLowerCase().includes(Buffer.from(secret).toString('hex')),
};

const charOf = (hex: string) => String.fromCharCode(Number.parseInt(hex, 16));

/** Three, for a group of base64 may begin with any of three bytes; without the groups that hold what stands beside it. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.from(' '.repeat(before) + secret);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
    return whole.slice(before === 0 ? 0 : 4);
  });
}

/** The names of the forms in which it is there. */
export function formsOf(secret: string, text: string): string[] {
  return Object.entries(FORMS).flatMap(([name, has]) => (has(text, secret) ? [name] : []));
}

/** As `\u00xx`: all of it. */
export const escaped = (text: string) =>
  [...text].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
