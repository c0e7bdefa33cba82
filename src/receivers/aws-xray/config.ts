// Part of receivers/aws-xray: what users may set.
import { bytes, type Options, port } from '../../config/option.ts';

export const xrayReceiverOptions = {
  port: {
    env: 'SIDECAST_XRAY_PORT',
    schema: port(),
    fallback: '2000',
    summary: 'Port of X-Ray segments (UDP) and of the X-Ray sampling API (TCP); 0 picks a free one.',
    example: '2000',
  },
  receiveBufferBytes: {
    env: 'SIDECAST_XRAY_RECEIVE_BUFFER_BYTES',
    schema: bytes(),
    fallback: '8MiB',
    summary: "UDP receive buffer to ask the kernel for; 0 leaves the kernel's default.",
    example: '8MiB',
  },
} satisfies Options;
