// Part of the process edge: the `xray` bin starts sidecast where the X-Ray daemon would listen.
import { argv, exit } from 'node:process';
import { writeError } from './cli/render.ts';

// The daemon's own flags come with a later release; until then they are refused rather than misread.
if (argv.length > 2) {
  writeError(
    'xray: this release takes no flags of the X-Ray daemon; it listens on 0.0.0.0:2000 without any.',
  );
  exit(2);
}
argv.push('run', '--host', '0.0.0.0');
await import('./main.ts');
