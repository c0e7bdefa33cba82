// Part of the process edge: the `xray` bin takes the X-Ray daemon's command line.
import { argv } from 'node:process';

argv.splice(2, 0, 'xray');
await import('./main.ts');
