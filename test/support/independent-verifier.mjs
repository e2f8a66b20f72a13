// Verifies an unpacked review package; written from docs/package-format.md alone, with nothing of the program.
// node independent-verifier.mjs FOLDER [FINGERPRINT]   (the folder: what `unzip` made of the package)
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder, wanted] = process.argv.slice(2);
const problems = [];
const expect = (good, where, what) => good || problems.push({ where, what });
const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const read = (name) => readFileSync(path.join(folder, name));
/** RFC 8785 for strings, integers, booleans, null, arrays and objects. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

const bytes = read('manifest.json');
const [text, signatureText] = [bytes.toString('utf8'), read('manifest.sig').toString('utf8')];
const [manifest, signature] = [JSON.parse(text), JSON.parse(signatureText)];
expect(canonical(manifest) === text && canonical(signature) === signatureText, 'manifest.json', 'not canonical');
const raw = Buffer.from(signature.public_key, 'base64');
const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
expect(verify(null, bytes, key, Buffer.from(signature.signature, 'base64')), 'manifest.json', 'bad signature');
expect(wanted === undefined || wanted === sha256(raw), 'manifest.sig', 'signed by another key');
const copy = `packageManifest(${JSON.stringify(text)},${JSON.stringify(signatureText)});\n`;
expect(read('data/manifest.js').toString('utf8') === copy, 'data/manifest.js', 'differs');

const listed = new Set([
  'manifest.json',
  'manifest.sig',
  'data/manifest.js',
  ...manifest.files.map(({ name }) => name),
]);
const there = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => !entry.isDirectory())
  .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
for (const name of there) expect(listed.has(name), name, 'not in the manifest');
for (const { name, bytes: size, sha256: sum } of manifest.files)
  if (expect(there.includes(name), name, 'missing') === true)
    expect(read(name).length === size && sha256(read(name)) === sum, name, 'changed');

let [prev, n] = [manifest.chain.first, 0];
const lines = read('records.jsonl').toString('utf8').split('\n');
expect(lines.pop() === '', 'records.jsonl', 'does not end with a line feed');
for (const line of lines) {
  n++;
  const { hash, ...rest } = JSON.parse(line);
  const whole = canonical({ ...rest, hash }) === line && sha256(prev + canonical(rest)) === hash;
  expect(whole && rest.n === n && rest.prev === prev, `records.jsonl:${n}`, 'breaks the chain');
  prev = hash;
}
expect(prev === manifest.chain.head && n === manifest.counts.records, 'records.jsonl', 'not the chain of the manifest');
process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, records: n, problems })}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
