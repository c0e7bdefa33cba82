// Part of the tests of receivers/otlp: zstd, by Node's decompressor and by the one in JavaScript.
import { afterEach, describe, expect, it } from 'vitest';
import { framesOf, inflateInJavaScript, inflateZstd } from '../../../src/receivers/otlp/zstd.ts';
import { capture } from '../../protocols/otlp/oracle.ts';
import { call, PROTOBUF, startReceiver, stopReceivers } from './support.ts';

afterEach(stopReceivers);

const traces = capture('python-otel/04-traces-small.bin');
/** The capture, compressed by zlib.zstdCompressSync of Node 24, with a checksum. */
const COMPRESSED = Buffer.from(
  'KLUv/WQbByUeAFayuErAGHEOYDAGw48CU/W0TfIVX/FxHGz+7xohBPtGB+g+tiTTVvrbsoXsToTw5jTn8LTFsLH/202EhOjwI57AghbQT4r62PwDqtubBJ4AogCwACsFogsES4OPx0JNT4QSW3p+5BCoMP3n45KyVguPMHizas9969qN63z4JCGX1uYVKES3pp1ZJvMG/jxRVtlarVYvlBWirjOH5fkqQ9bYAgpRlYvlcq1eO4/gojv3dqtYn2oQ1+3MN3gSs0pMblZtuQ6i+Zzf2saWPsDVtbzvH/jNpj1ng3nR1bN8m+28Yhra4hzvuqZX3Wse9d6QN634/zkmiUnOBuUViMQLFmCXuPLbSfrS7VvPcozr9hbgcczQhxigS8mmYq61jfQ3poCfuV3PeO4oUwcJ+N3OWdtp9AVMV4tVwgC8qbdsirvepc8xXR7m6ppOz5bGJPGIR+xSkaMnxbg2vQHzZwKF718uyqZd17Ct95T0J9MECiM+YBQqMk8kzMi9QiPt1OkZpn3NOhVVWxZxfiZQoEl1pyFTLtAEN04aKK/GjcW2mmuxmOj/Q1nuiEkSk2KbRVYUYW2CG5xHjTw4QLh/0tmhIYlPDCQVXqHRgV7RnVPYbKu8twwg7KRObJHRpMcIHS6iK4KEEpmMgysomMy8zMDC4qiY/nOyg+P0NQeglK8BCopHyis06hqbiq1Wuxqk9jODqZeNGyxu7sVNdNFQCw8YikjY8FpmRDiAgBEz/Sfkdp3XeSG6Dl4Q8LsaZc9Ye+u52+h+Y3ld53VeiK7DxrFchtMc3Zn0pZgHzbTPtl5jfb21mgt4G3McYePIQ7JKVsnCLRWsLGHk+EOqQpIMW6pRhWN3zIdVrIQ2BF7emHtGQ9rJ1sJwAMrr8YGh2+JY7vJ/g2o0syvMPaFiVCDDgyddzujy0deYsuz995+Sue0sd2yzZdGDpmcK3SeZOT74YAA9L2/kem/1JbWzhItcMCEBilBHUtiIAVOogSwFmSFIMCMjEkgwU9ocYAKZqTLTARJgg1GMYyEjYAw5E4wFE0w+yjIwD3wHqLbpVdOUrDeWa/Z4NQSZAG5+IiK3kzRGgzvdJklNc0bGzpjl/m4ICpjK5v1vfU7PXkEyObUkhc52+UX+IsnAd5hi2UAj/Y2p7U5Jo3NA/NkCKLRRi4eIufXk60PbiOJUcppH45KKYOLI2CN2kchBWoRZFo9qss7OtYZZRvlHCqUS9o+3zlcspbf3BMbRtbpGdjyYL4lhXJt3Vhc0EjZ0VgXgodSbQ0dS8EL7hPgE1h/xqqbw',
  'base64',
);

/** A frame by hand (RFC 8878, 3.1.1): a window of 1 KiB × 2^n, and blocks. */
function frame(windowLog: number, ...blocks: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowLog << 3]), ...blocks]);
}
function block(type: 'raw' | 'rle', size: number, content: Uint8Array, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type === 'rle' ? 2 : 0) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
}
const raw = (content: Uint8Array) => frame(2, block('raw', content.length, content, true));
/** 128 KiB of zeros for each 4 bytes. */
const bomb = (blocks: number) =>
  frame(
    7,
    ...Array.from({ length: blocks }, (_, i) => block('rle', 131_072, Buffer.alloc(1), i === blocks - 1)),
  );

describe.each([
  ['Node or JavaScript, whichever is there', inflateZstd],
  ['JavaScript', inflateInJavaScript],
])('inflating zstd by %s', (_, inflate) => {
  async function inflated(body: Buffer, maxBytes = 1024 * 1024): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    const add = (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`enough at ${size}`);
      chunks.push(Buffer.from(chunk));
    };
    await inflate(body, { maxBytes, add });
    return Buffer.concat(chunks);
  }

  it('gives what was compressed', async () => {
    expect((await inflated(COMPRESSED)).equals(traces)).toBe(true);
    expect((await inflated(raw(traces))).equals(traces)).toBe(true);
  });

  it('takes several frames, and passes over skippable ones', async () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const body = Buffer.concat([COMPRESSED, skippable, raw(Buffer.from('more'))]);
    expect((await inflated(body)).toString('latin1')).toBe(`${traces.toString('latin1')}more`);
  });

  it('stops at the bound', async () => {
    await expect(inflated(bomb(10_000), 300_000)).rejects.toThrow(/^enough at (2|3|4)\d{5}$/);
  });

  it('refuses what is cut off', async () => {
    await expect(inflated(COMPRESSED.subarray(0, 300))).rejects.toThrow();
  });
});

describe('zstd frames', () => {
  it('with a window beyond 32 MiB are refused before anything is set aside for them', () => {
    expect(() => framesOf(frame(16, block('raw', 1, Buffer.alloc(1), true)))).toThrow(/window/);
    const second = Buffer.concat([raw(traces), frame(20, block('raw', 1, Buffer.alloc(1), true))]);
    expect(() => framesOf(second)).toThrow(/window/);
    expect(() => framesOf(frame(15, block('raw', 1, Buffer.alloc(1), true)))).not.toThrow();
  });

  it('that end early, or are none, are refused', () => {
    expect(() => framesOf(COMPRESSED.subarray(0, COMPRESSED.length - 1))).toThrow();
    expect(() => framesOf(traces)).toThrow(/not a zstd frame/);
  });
});

describe('a request in zstd', () => {
  const headers = { ...PROTOBUF, 'content-encoding': 'zstd' };

  it('is taken', async () => {
    const { port, intake } = await startReceiver();
    expect((await call(port, { headers, body: COMPRESSED })).status).toBe(200);
    expect(Buffer.from(intake.accepted[0]!.payload).equals(traces)).toBe(true);
  });

  it('that is a bomb gets 413', async () => {
    const { port, intake } = await startReceiver();
    expect((await call(port, { headers, body: bomb(20_000) })).status).toBe(413);
    expect(intake.refused).toEqual([['body_too_large', 1]]);
  });
});
