// Part of the tests: recorded stack traces (test/fixtures/stacktraces/README.md says how each came about) and the frames that they become.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStack } from '../../../src/protocols/stacktrace/index.ts';

const FOLDER = new URL('../../fixtures/stacktraces/', import.meta.url);
const traces = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const LANGUAGES: Readonly<Record<string, string>> = { node: 'nodejs', browser: 'webjs' };

function languageOf(name: string): string {
  const [word = ''] = name.split('-');
  return LANGUAGES[word] ?? word;
}

/** The final exception first; of each its frames, the most recent call last. */
function rendered(text: string, language: string | undefined): string {
  const exceptions = parseStack(text, language) ?? [];
  return exceptions
    .map(({ type, message, frames }) => {
      const lines = frames.map((frame) => `  ${frame.function || '-'} | ${frame.file || '-'}:${frame.line}`);
      return [`${type || '-'} | ${JSON.stringify(message)}`, ...lines, ''].join('\n');
    })
    .join('');
}

describe('a recorded stack trace', () => {
  it('is there for every language', () => {
    const languages = new Set(traces.map(languageOf));
    expect([...languages].sort()).toEqual(
      ['dotnet', 'go', 'java', 'nodejs', 'php', 'python', 'ruby', 'webjs'].sort(),
    );
  });

  it.each(traces)('%s becomes frames with the right file, line and function', async (name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const expected = readFileSync(new URL(name.replace(/txt$/, 'frames'), FOLDER), 'utf8');

    expect(rendered(text, languageOf(name))).toBe(expected);
    expect(rendered(text, undefined)).toBe(expected);
  });

  it('of Python names for each of its frames the line that the program really has there', () => {
    const program = readFileSync(new URL('programs/chain.py', FOLDER), 'utf8').split('\n');
    const names = traces.filter((name) => name.startsWith('python-'));
    const frames = names
      .flatMap((name) => parseStack(readFileSync(new URL(name, FOLDER), 'utf8'), 'python') ?? [])
      .flatMap((exception) => exception.frames)
      .filter(({ file }) => file === '/srv/app/chain.py');

    expect(frames.length).toBeGreaterThan(20);
    for (const { line, code } of frames) expect(program[line - 1]?.trim()).toBe(code);
  });
});
