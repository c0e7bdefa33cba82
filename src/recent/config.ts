// Part of recent: what users may set.
import { bytes, type Options } from '../config/option.ts';

export const options = {
  maxBytes: {
    env: 'SIDECAST_RECENT_BYTES',
    yaml: 'recent.max_bytes',
    schema: bytes(),
    fallback: '16MiB',
    summary: 'Memory for the recent traces and logs that the page shows; 0 keeps none.',
  },
} satisfies Options;
