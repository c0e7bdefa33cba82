// Part of the tests: the whole program tells X-Ray how many segments came, with the last word at its end.
import { afterEach, expect, it } from 'vitest';
import type { TelemetryRequest } from '../../src/aws/xray.ts';
import { sandboxSettings } from '../../src/sandbox/index.ts';
import { startVendor, type Vendor } from '../aws/vendor.ts';
import { eventually, startTestApp } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';

let vendor: Vendor;
afterEach(() => vendor.close());

async function startAgainst(answer: () => { status: number; body?: unknown }, more = {}) {
  vendor = await startVendor(answer);
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = sandboxSettings('');
  return startTestApp({
    AWS_REGION: AWS_REGION ?? '',
    AWS_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID ?? '',
    AWS_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY ?? '',
    AWS_ENDPOINT_URL_XRAY: vendor.url.href,
    ...more,
  });
}

const told = () =>
  vendor.requests
    .filter(({ path }) => path === '/TelemetryRecords')
    .map(({ body }) => JSON.parse(Buffer.from(body).toString()) as TelemetryRequest);

it('sends what came and what became of it', async () => {
  const app = await startAgainst(() => ({ status: 200 }), { AWS_HOSTNAME: 'ip-10-0-0-1' });
  await sendDatagrams(app.xrayPort, [datagramOf({ id: '1' }), datagramOf({ id: '2' }), 'nonsense']);
  await eventually(
    () => app.status(),
    ({ destinations }) => destinations['aws-xray'].counts.delivered === 2,
  );

  await app.shutdown('test');

  expect(told()).toMatchObject([
    {
      Hostname: 'ip-10-0-0-1',
      TelemetryRecords: [
        {
          SegmentsReceivedCount: 3,
          SegmentsSentCount: 2,
          SegmentsSpilloverCount: 0,
          SegmentsRejectedCount: 1,
          BackendConnectionErrors: { HTTPCode4XXCount: 0 },
        },
      ],
    },
  ]);
});

it('keeps silent without segments, and where X-Ray is off', async () => {
  const idle = await startAgainst(() => ({ status: 200 }));
  await idle.shutdown('test');
  expect(told()).toEqual([]);
  await vendor.close();

  const off = await startAgainst(() => ({ status: 200 }), { SIDECAST_XRAY: 'off' });
  await sendDatagrams(off.xrayPort, [datagramOf({ id: '1' })]);
  await eventually(
    () => off.status(),
    ({ receivers }) => receivers['aws-xray'].accepted.segments === 1,
  );
  await off.shutdown('test');
  expect(vendor.requests).toEqual([]);
});

it('keeps silent where X-Ray refuses the key', async () => {
  const app = await startAgainst(() => ({ status: 403, body: { message: 'no' } }));
  await sendDatagrams(app.xrayPort, [datagramOf({ id: '1' })]);
  await eventually(
    () => app.status(),
    ({ destinations }) => destinations['aws-xray'].state === 'blocked',
  );

  await app.shutdown('test');

  expect(told()).toEqual([]);
});
