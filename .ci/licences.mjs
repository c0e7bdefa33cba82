// Part of the release: the licences of what is in dist/, with their texts, on standard output. After npm run build.
import { exit } from 'node:process';
import { components } from './components.mjs';

/** Each may be shipped within an MIT-licensed program when its text goes along. */
const KNOWN = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'ISC'];

const all = await components();
const width = Math.max(...all.map(({ name, version }) => name.length + version.length + 1));
for (const { name, version, licence } of all)
  console.log(`${`${name} ${version}`.padEnd(width)}  ${licence}`);
for (const { name, version, licence, text } of all)
  console.log(
    `\n${'='.repeat(80)}\n${name} ${version} (${licence})\n\n${text || 'The package has no text of its licence.'}`,
  );

const unknown = all.filter(({ licence }) => !KNOWN.includes(licence));
for (const { name, licence } of unknown)
  console.error(`${name}: nobody has looked at the licence ${licence} yet`);
exit(unknown.length === 0 ? 0 : 1);
