// Part of sampling: the patterns of a rule, read as the SDKs read them.

/** `*` is any text, `?` one character; case does not count, nothing can be escaped, and an empty pattern is the empty text. */
export function matches(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  let at = 0;
  let next = 0;
  /** Where the last `*` is, and how much of the text it stands for so far. */
  let star = -1;
  let taken = 0;
  while (next < given.length) {
    const one = wanted[at];
    if (one === '*') {
      star = at++;
      taken = next;
    } else if (one === '?' || (one !== undefined && one === given[next])) {
      at++;
      next++;
    } else if (star >= 0) {
      at = star + 1;
      next = ++taken;
    } else {
      return false;
    }
  }
  while (wanted[at] === '*') at++;
  return at === wanted.length;
}
