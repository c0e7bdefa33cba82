// Part of the release: the bill of materials of dist/ (CycloneDX 1.5, JSON) on standard output. After npm run build.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { components } from './components.mjs';

const own = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const purlOf = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
const isExpression = (licence) => / (OR|AND|WITH) /.test(licence);

const libraries = (await components()).map(({ name, version, licence, integrity }) => {
  const purl = purlOf(name, version);
  const [algorithm, digest] = (integrity ?? '').split('-');
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    licenses: [isExpression(licence) ? { expression: licence } : { license: { id: licence } }],
    ...(algorithm === 'sha512'
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }
      : {}),
  };
});
const ref = purlOf(own.name, own.version);
const content = {
  metadata: {
    component: {
      type: 'application',
      'bom-ref': ref,
      name: own.name,
      version: own.version,
      purl: ref,
      licenses: [{ license: { id: own.license } }],
    },
  },
  components: libraries,
  dependencies: [{ ref, dependsOn: libraries.map(({ purl }) => purl) }],
};
// The same build has the same number: nothing here depends on when it was made.
const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex');
const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
console.log(
  JSON.stringify(
    { bomFormat: 'CycloneDX', specVersion: '1.5', serialNumber: `urn:uuid:${uuid}`, version: 1, ...content },
    null,
    2,
  ),
);
