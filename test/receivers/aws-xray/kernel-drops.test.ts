// Part of the tests: the kernel's own count of lost datagrams.
import { describe, expect, it } from 'vitest';
import { kernelDrops, readKernelDrops } from '../../../src/receivers/aws-xray/kernel-drops.ts';

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  101: 0100007F:07D0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 23456 2 0000000000000000 17
  102: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 23457 2 0000000000000000 99
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  103: 00000000000000000000000001000000:07D0 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 23458 2 0000000000000000 4
  104: B80D01200000000000000000AB000000:07D0 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 23459 2 0000000000000000 5
`;

describe('kernelDrops', () => {
  it('adds up our sockets and no others', () => {
    const port = 2000;
    expect(kernelDrops(TABLE, [{ host: '127.0.0.1', port }])).toBe(17);
    expect(
      kernelDrops(TABLE, [
        { host: '127.0.0.1', port },
        { host: '::1', port },
      ]),
    ).toBe(21);
    expect(kernelDrops(TABLE, [{ host: '2001:db8::ab', port }])).toBe(5);
    expect(kernelDrops(TABLE, [{ host: '0.0.0.0', port: 53 }])).toBe(99);
  });

  it('is null when a socket is not listed', () => {
    expect(kernelDrops(TABLE, [{ host: '127.0.0.1', port: 2001 }])).toBeNull();
    expect(kernelDrops('', [{ host: '::', port: 2000 }])).toBeNull();
  });
});

describe('readKernelDrops', () => {
  it('is null without sockets', async () => {
    expect(await readKernelDrops([])).toBeNull();
  });
});
