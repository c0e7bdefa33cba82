// Part of the tests: config/json: what a JSON file says, and on which line.
import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from '../../src/config/json.ts';

describe(parseJson, () => {
  const text = '{\n\t"a": [\n\t\t1,\n\t\t{"b\\u0062": "x\\n"}\n\t],\n\n\t"c": {\n\t\t"d": null }\n}\n';

  it('says what JSON.parse says, and knows the lines, tabs and escaped names included', () => {
    const { value, lineOf, repeated } = parseJson(text);

    expect(value).toEqual(JSON.parse(text));
    expect(lineOf([])).toBe(1);
    expect(lineOf(['a'])).toBe(2);
    expect(lineOf(['a', 0])).toBe(3);
    expect(lineOf(['a', 1, 'bb'])).toBe(4);
    expect(lineOf(['c', 'd'])).toBe(8);
    expect(repeated).toEqual([]);
  });

  it('gives the line of what is around something that is not there', () => {
    const { lineOf } = parseJson(text);

    expect([lineOf(['c', 'gone']), lineOf(['c', 'gone', 'too']), lineOf(['a', 9]), lineOf(['x'])]).toEqual([
      7, 7, 2, 1,
    ]);
  });

  it('finds members that are there twice, wherever they are', () => {
    const { value, lineOf, repeated } = parseJson('{"a": 1,\n"b": [{"c": 1,\n"c": 2}],\n"a": 3}');

    expect(value).toEqual({ a: 3, b: [{ c: 2 }] });
    expect(lineOf(['a'])).toBe(4);
    expect(repeated.toSorted((x, y) => x.line - y.line)).toEqual([
      { name: 'c', line: 3 },
      { name: 'a', line: 4 },
    ]);
  });

  it.each([
    ['{\n "a": 1,\n}', 3],
    ['{"a": 1', 1],
    ['{\n"a":\n', 3],
    ['', 1],
    ['a: 1', 1],
  ])('refuses %j on its line', (broken, line) => {
    const error = (() => {
      try {
        return parseJson(broken);
      } catch (thrown) {
        return thrown;
      }
    })();

    expect(error).toBeInstanceOf(JsonError);
    expect(error).toMatchObject({ line });
  });

  it.each(['3', '"x"', 'null', '[]'])('takes %s, which is JSON too', (scalar) => {
    expect(parseJson(scalar).value).toEqual(JSON.parse(scalar));
    expect(parseJson(scalar).lineOf([0])).toBe(1);
  });
});
