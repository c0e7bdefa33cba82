// Part of receivers/aws-xray: what users may set.
import { bytes, type Options } from '../../config/option.ts';

export const options = {
  receiveBufferBytes: {
    env: 'SIDECAST_XRAY_RECEIVE_BUFFER_BYTES',
    schema: bytes(),
    fallback: '8MiB',
    summary: "UDP receive buffer to ask the kernel for; 0 leaves the kernel's default.",
    example: '8MiB',
  },
} satisfies Options;
