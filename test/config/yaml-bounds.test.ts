// Part of the tests: YAML that the parser does not survive is refused before it sees it. Found by fuzzing and by hand.
import { describe, expect, it } from 'vitest';
import { readXRayFile, XRayFileError } from '../../src/cli/xray-file.ts';
import { readConfigFile } from '../../src/config/file.ts';
import type { Problem } from '../../src/config/problems.ts';

const DEEP = ['[', '{a: ', '- ', '? ', '- ? '].map((piece) => [piece, piece.repeat(20_000)] as const);

function problemsOf(text: string): readonly string[] {
  const problems: Problem[] = [];
  readConfigFile({ name: 'sidecast.yaml', text }, [], problems);
  return problems.map(({ source, message }) => `${source} ${message}`);
}

describe('a YAML file', () => {
  it.each(DEEP)('of %j without end is refused, and does not end the process', (_piece, text) => {
    expect(problemsOf(`routing: all\n${text}`)).toEqual(['sidecast.yaml:2 nested deeper than 100']);
    expect(() => readXRayFile(`Version: 2\n${text}`, true)).toThrow(XRayFileError);
  });

  it.each([',', "'", 'a: b\n', '- a\n', '*', '\n', '%'])(
    'of %j many thousand times is refused at once',
    (piece) => {
      const text = piece.repeat(65_536 / piece.length);
      expect(problemsOf(text)).toEqual([expect.stringMatching(/more than 1500 lines, commas, quotes/)]);
      expect(() => readXRayFile(text, true)).toThrow(/more than 1500/);
    },
  );

  it('may have any number of marks in its comments', () => {
    expect(problemsOf('# "a", [b], {c}: d - e\n'.repeat(1000))).toEqual([]);
  });

  it('that is larger than any that people write is refused', () => {
    expect(problemsOf(`# ${'x'.repeat(300 * 1024)}`)).toEqual([
      'sidecast.yaml:1 the file is larger than 256 KiB',
    ]);
  });

  it('as people write it is read: lists in lists, brackets and braces in texts', () => {
    const text = `${'a: [{b: [1]}]\n'.repeat(150)}b: "[[["\nc:\n  - - - 1\n`;

    expect(problemsOf(text).filter((problem) => /nested|larger/.test(problem))).toEqual([]);
  });

  it('with a mistake in each character is refused in a time that grows with the file', () => {
    const timeOf = (bytes: number) => {
      const from = performance.now();
      expect(() => readXRayFile('"'.repeat(bytes), true)).toThrow(XRayFileError);
      return performance.now() - from;
    };
    timeOf(4000);
    const [small, large] = [Math.min(timeOf(8000), timeOf(8000)), Math.min(timeOf(64_000), timeOf(64_000))];

    // Eight times as much; what is quadratic takes 64 times as long, and took 8 s.
    expect(large).toBeLessThan(30 * Math.max(small, 5));
  });
});
