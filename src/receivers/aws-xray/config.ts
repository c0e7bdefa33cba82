// Part of receivers/aws-xray: what users may set.
import { bytes, choice, type Options } from '../../config/option.ts';

export const options = {
  receiveBufferBytes: {
    env: 'SIDECAST_XRAY_RECEIVE_BUFFER_BYTES',
    schema: bytes(),
    fallback: '8MiB',
    summary: "UDP receive buffer to ask the kernel for; 0 leaves the kernel's default.",
    example: '8MiB',
  },
  attributeNames: {
    env: 'SIDECAST_XRAY_ATTRIBUTE_NAMES',
    schema: choice('stable', 'both'),
    fallback: 'stable',
    summary:
      'Names of attributes of X-Ray segments where they become spans: the stable conventions (http.request.method), or the old ones (http.method) beside them.',
  },
} satisfies Options;
