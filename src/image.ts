// Part of the process edge: the image's entrypoint, where the X-Ray daemon's arguments and ours arrive alike.
import { argv } from 'node:process';
import { imageArguments } from './cli/image-arguments.ts';

argv.splice(2, argv.length, ...imageArguments(argv.slice(2)));
await import('./main.ts');
