// Part of the release: of a report of `npm audit --json` on standard input, what is about code that is in dist/. After npm run build.
// Everything is a development dependency, because the bundle has it already: `npm audit --omit=dev` would look at nothing.
import { exit, stdin } from 'node:process';
import { json } from 'node:stream/consumers';
import { components } from './components.mjs';

const { vulnerabilities, message } = await json(stdin);
if (vulnerabilities === undefined) {
  console.error(`nothing is known: npm audit has no report (${message ?? 'no reason is given'})`);
  exit(2);
}
const shipped = new Map((await components()).map(({ path, name, version }) => [path, `${name} ${version}`]));
const found = Object.values(vulnerabilities).flatMap(({ severity, via, nodes }) => {
  // A string is the name of another entry, which says it itself.
  const advisories = via.filter((one) => typeof one === 'object');
  return nodes
    .filter((path) => shipped.has(path))
    .flatMap((path) =>
      advisories.map(({ title, url }) => `${severity}  ${shipped.get(path)}: ${title} ${url}`),
    );
});
for (const line of found) console.log(line);
console.log(`${found.length} known of ${shipped.size} packages in the bundle`);
exit(found.length === 0 ? 0 : 1);
