// Part of the tests: http/no-proxy.
import { describe, expect, it } from 'vitest';
import { bypassesProxy } from '../../src/http/no-proxy.ts';

describe(bypassesProxy, () => {
  it.each([
    ['example.com', 'https://example.com/', true],
    ['example.com', 'https://api.example.com/', true],
    ['.example.com', 'https://api.example.com/', true],
    ['*.example.com', 'https://api.example.com/', true],
    ['EXAMPLE.com', 'https://Example.COM/', true],
    ['example.com', 'https://notexample.com/', false],
    ['example.com:8443', 'https://example.com/', false],
    ['example.com:443', 'https://example.com/', true],
    ['a.test, b.test c.test', 'http://c.test/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd00::1]/', true],
    ['fd00::1', 'http://[fd00::1]/', true],
    ['[fd00::1]:80', 'http://[fd00::1]:81/', false],
    ['0.0.1', 'http://10.0.0.1/', false],
    ['*', 'https://anything.test/', true],
    ['', 'https://anything.test/', false],
    [undefined, 'http://127.0.0.1:4320/', true],
    [undefined, 'http://[::1]:4320/', true],
    [undefined, 'http://localhost:4320/', true],
  ])('with NO_PROXY=%j, %s is reached directly: %j', (noProxy, url, direct) => {
    expect(bypassesProxy(noProxy)(new URL(url))).toBe(direct);
  });
});
