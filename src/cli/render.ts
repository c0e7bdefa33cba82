// Part of cli: the only writer to the terminal, and the tables it shows.
import { stderr, stdout } from 'node:process';

export function writeOut(text: string): void {
  stdout.write(`${text}\n`);
}

export function writeError(text: string): void {
  stderr.write(`${text}\n`);
}

/** Draws over what was drawn before. */
export function redraw(text: string, linesBefore: number): void {
  stdout.write(`${linesBefore > 0 ? `\u001b[${linesBefore}A\u001b[0J` : ''}${text}\n`);
}

/** Columns as wide as their widest cell; all but the first are right-aligned. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
