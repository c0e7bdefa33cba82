// Part of exporters/rollbar: the only importer of `rollbar`, which scrubs an item and cuts it to size. It sends nothing.
import type Rollbar from 'rollbar';

/** What Rollbar's own libraries cut to. */
export const MAX_PAYLOAD_BYTES = 512 * 1024;

/** The request's body of at most `maxBytes`; undefined when the item cannot be cut to size. */
export type Finish = (item: Record<string, unknown>, maxBytes?: number) => Uint8Array | undefined;

/** Missing in rollbar's own types. */
interface Builder {
  options: { scrubFields: readonly string[]; scrubHeaders: readonly string[] };
  buildJsonPayload(item: Record<string, unknown>): string | null;
}

/** Long strings and most frames go, step by step. */
interface Truncation {
  truncate(payload: unknown, jsonBackup: undefined, maxBytes: number): { value?: string };
}

type Scrub = (data: object, fields: readonly string[], paths?: readonly string[]) => Record<string, unknown>;

let loading: Promise<Finish> | undefined;

/** Imported at the first exception: it takes tens of milliseconds, and most runs have none for a long time. */
export function finisher(): Promise<Finish> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Finish> {
  const [{ default: Client }, scrubModule, truncationModule] = await Promise.all([
    import('rollbar'),
    import('rollbar/src/scrub'),
    import('rollbar/src/truncation'),
  ]);
  const scrub = scrubModule.default as unknown as Scrub;
  const { truncate } = truncationModule.default as unknown as Truncation;
  const client = new Client({ accessToken: 'unused', ...SILENT }) as unknown as Builder;
  const { scrubFields = [], scrubHeaders = [] } = client.options as {
    scrubFields?: string[];
    scrubHeaders?: string[];
  };
  const secrets = [...scrubFields, ...scrubHeaders];
  // What scrubbing masks holds one of the words, as a key or before an "=" (each perhaps in brackets). Most items have none and
  // are done: scrubbing takes 0.4 ms, most of what an item costs. The words are ASCII, which JSON leaves as it is.
  const suspect = new RegExp(`(?:${secrets.join('|')})[[\\]%5bd]{0,8}["=]`, 'i');
  return (item, maxBytes = MAX_PAYLOAD_BYTES) => {
    const plain = client.buildJsonPayload(item);
    const json =
      plain !== null && !suspect.test(plain) ? plain : client.buildJsonPayload(scrub(item, secrets));
    if (!json) return undefined;
    const fits = Buffer.byteLength(json) <= maxBytes;
    const body = Buffer.from(fits ? json : (truncate(JSON.parse(json), undefined, maxBytes).value ?? json));
    return body.length <= maxBytes ? body : undefined;
  };
}

/** No hooks into this process: it must not report, nor instrument, sidecast itself. */
const SILENT: Rollbar.Configuration = {
  enabled: false,
  captureUncaught: false,
  captureUnhandledRejections: false,
  autoInstrument: false,
  includeItemsInTelemetry: false,
};
