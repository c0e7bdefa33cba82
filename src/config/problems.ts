// Part of config: what is wrong with a configuration, all of it at once.

/** A value that cannot be used. `value` is masked already where it is a secret. */
export interface Problem {
  option: string;
  source: string;
  value: string;
  message: string;
  fix: string;
  nearest?: string;
}

export function renderProblem(problem: Problem): string {
  const nearest = problem.nearest ? ` Did you mean ${problem.nearest}?` : '';
  const value = problem.value === '' ? '' : `=${problem.value}`;
  return `${problem.option}${value} (${problem.source}): ${problem.message}. ${problem.fix}${nearest}`;
}

/** The known name within two edits, for typos. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = 3;
  for (const candidate of known) {
    const distance = editDistance(name, candidate, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? limit;
}
