// Part of the tests of the model: what is shown of secrets.
import { describe, expect, it } from 'vitest';
import { withoutUserinfo } from '../../src/model/secret.ts';

describe(withoutUserinfo, () => {
  it.each([
    ['http://jane:pass@proxy:3128/', 'http://********@proxy:3128/'],
    ['http://token@proxy', 'http://********@proxy'],
    ['http://jane:p@ss@proxy/a@b', 'http://********@proxy/a@b'],
    ['jane:pass@proxy:3128', '********@proxy:3128'],
    ['http://proxy:3128/?to=jane@b', 'http://proxy:3128/?to=jane@b'],
    ['jane@example.com', 'jane@example.com'],
    ['127.0.0.1:3128', '127.0.0.1:3128'],
    ['', ''],
  ])('of %s leaves %s', (url, shown) => {
    expect(withoutUserinfo(url)).toBe(shown);
  });
});
