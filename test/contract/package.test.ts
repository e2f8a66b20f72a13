import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { loadPackage } from '#main/core/packages/load-package.ts';
import type { Store } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { MASK_ALL } from '#shared/domain/mask/choices.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { chainRecord, FILE, manifestCopy, parseManifest, toBase64, type Manifest } from '#shared/package/format.ts';
import type { PackageIndex } from '#shared/package/page-data.ts';
import type { VerifyReport } from '#shared/package/verify.ts';
import { readZipDirectory } from '#shared/package/zip-reader.ts';
import type { PackageRecord } from '#renderer/viewer/records.ts';
import { searchPackage, type PageQuery } from '#renderer/viewer/search.ts';
import { inMemory, unpack } from '#test/support/package-bytes.ts';
import { packaging, problemsOf, repack, undetectedFlips, verifyBytes } from '#test/support/packages.ts';
import {
  ACCOUNT,
  conversation,
  created,
  events,
  importRecord,
  message,
  open,
  openWithAccount,
  recalled,
  T0,
  temporaryFolder,
  upserted,
} from '#test/support/store-fixtures.ts';

/** Messages of the large package. */
const LARGE = 1_600;

/** 40 messages of three conversations, one of them recalled, some with an order number. */
async function smallStore(): Promise<Store> {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 40 }, (_, i) =>
      importRecord({
        message_id: `m-${i}`,
        conversation_id: `c-${i % 3}`,
        consumer: `买家${i % 3}`,
        sender: i % 2 === 0 ? 'consumer' : 'agent',
        sent_at: T0 + i * 60_000,
        text: `第${i}条：发货了吗`,
        order_nos: i % 10 === 0 ? [`20260901${String(i).padStart(6, '0')}`] : [],
        recalled: i === 7,
      }),
    ),
  );
  return store;
}

const textOf = (files: ReadonlyMap<string, Uint8Array>, name: string): string =>
  new TextDecoder().decode(files.get(name));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function unzipped(bytes: Uint8Array): string {
  const folder = temporaryFolder();
  const zip = path.join(folder, 'package.zip');
  writeFileSync(zip, bytes);
  const target = path.join(folder, 'unpacked');
  mkdirSync(target);
  const done = spawnSync('unzip', ['-q', zip, '-d', target], { encoding: 'utf8' });
  expect(done.error ?? done.stderr).toBe('');
  expect(done.status).toBe(0);
  return target;
}

const INDEPENDENT = fileURLToPath(new URL('../support/independent-verifier.mjs', import.meta.url));

function independent(...args: readonly string[]): { ok: boolean; records: number; problems: { where: string }[] } {
  const done = spawnSync(process.execPath, [INDEPENDENT, ...args], { encoding: 'utf8' });
  return JSON.parse(done.stdout) as never;
}

test('[EX3] [EX4] a package: what is in it, that it verifies, and that others can read and verify it', async () => {
  const store = await smallStore();
  const { build } = packaging(store);
  const { report, bytes } = await build();
  // 40 messages, 3 conversations, 1 recall.
  expect(report).toMatchObject({ rows: 40, records: 44, bytes: bytes.length });
  expect(report.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  const verified = await verifyBytes(bytes, { expectedFingerprint: report.fingerprint });
  expect(problemsOf(verified)).toEqual([]);
  expect(verified).toMatchObject({ ok: true, records: 44, signed: true, fingerprint: report.fingerprint });
  expect(verified.manifest).toMatchObject({
    operator: 'a-7',
    reason: '十一月抽查',
    masks: [],
    counts: { messages: 40, conversations: 3, recalls: 1, agents: 1, consumers: 3 },
    omitted: [{ what: 'recalled_content', why: 'sealed', count: 1 }],
  });
  const folder = unzipped(bytes);
  expect(independent(folder, report.fingerprint)).toEqual({ ok: true, records: 44, problems: [] });
  // sha256sum agrees with the manifest on every file.
  for (const { name, sha256 } of verified.manifest!.files) {
    const sum = spawnSync('sha256sum', [name], { cwd: folder, encoding: 'utf8' });
    expect(sum.stdout.split(' ')[0]).toBe(sha256);
  }
  writeFileSync(
    path.join(folder, FILE.records),
    readFileSync(path.join(folder, FILE.records), 'utf8').replace('发货了吗', '退货了吗'),
  );
  expect(independent(folder).problems.map(({ where }) => where)).toEqual(['records.jsonl', 'records.jsonl:2']);
});

/** All of them with WORKBENCH_FUZZ=1 (`npm run fuzz:package`, minutes); else the container and its signatures whole, and a sample of the rest. */
test('[EX4] one flipped byte anywhere is found and located', async () => {
  const { build } = packaging(await smallStore());
  const { bytes } = await build();
  const all = process.env['WORKBENCH_FUZZ'] === '1';
  const random = createPrng(4);
  const { entries, offset } = await readZipDirectory(inMemory(bytes));
  const contents = entries
    .filter(({ name }) => !name.startsWith('manifest'))
    .map((entry) => [entry.offset + 30 + entry.name.length, entry.packed] as const);
  const inContent = (at: number): boolean => contents.some(([start, length]) => at >= start && at < start + length);
  const positions = [...bytes.keys()].filter(
    (at) => all || at >= offset - 20 || random.next() < (inContent(at) ? 0.02 : 0.25),
  );
  for (const mask of all ? [0x01, 0x80, 0xff] : [0x01 << (positions.length & 7)]) {
    const { flipped, missed } = await undetectedFlips(bytes, positions, mask);
    expect(flipped).toBe(positions.length);
    expect(missed).toEqual([]);
  }
  expect((await verifyBytes(bytes)).ok).toBe(true);
}, 600_000);

/** 10,000 with WORKBENCH_FUZZ=1 (`npm run fuzz:package`), else some; a package with a table, so that a search needn't read all of it. */
test('[EX4] one flipped byte at random places of a larger package is found and located', async () => {
  const directory = temporaryFolder();
  const key = new Uint8Array(32).fill(3);
  await seed({ directory, key, messages: LARGE, seed: 7 });
  const store = await openStore({ directory, key, readers: 1 });
  const { bytes } = await packaging(store).build();
  await store.close();
  const random = createPrng(44);
  const positions = Array.from({ length: process.env['WORKBENCH_FUZZ'] === '1' ? 10_000 : 60 }, () =>
    random.int(bytes.length),
  );
  const began = performance.now();
  const { flipped, missed } = await undetectedFlips(bytes, positions, 1 << random.int(8));
  expect(flipped).toBe(positions.length);
  expect(missed).toEqual([]);
  expect((await verifyBytes(bytes)).ok).toBe(true);
  const seconds = Math.round((performance.now() - began) / 1_000);
  process.stdout.write(`${flipped} places of ${bytes.length} bytes, ${LARGE} messages: ${seconds} s\n`);
}, 3_600_000);

test('[EX4] removed, swapped, doubled, inserted, changed, cut: each has its own verdict, at its line', async () => {
  const { build } = packaging(await smallStore());
  const files = await unpack((await build()).bytes);
  const lines = textOf(files, FILE.records).trimEnd().split('\n');
  const verdict = async (changed: readonly string[], end = '\n'): Promise<readonly string[]> => {
    const report = await verifyBytes(
      await repack(new Map([...files, [FILE.records, bytesOf(changed.join('\n') + end)]])),
    );
    expect(report.ok).toBe(false);
    // That the file as a whole was changed is said each time, as is that the page shows other records now.
    expect(problemsOf(report)).toContain('records.jsonl FILE_CHANGED');
    expect(problemsOf(report)).toContain('data/ PAGE_DIFFERS');
    return problemsOf(report).filter((one) => one.startsWith('records.jsonl:'));
  };
  const without = (...at: readonly number[]): string[] => lines.filter((_, index) => !at.includes(index));
  const moved = (from: number, to: number): string[] => without(from).toSpliced(to, 0, lines[from] as string);
  expect(await verdict(without(9))).toEqual(['records.jsonl:10 RECORD_REMOVED']);
  expect(await verdict(without(9, 10, 11))).toEqual(['records.jsonl:10 RECORD_REMOVED']);
  expect(await verdict(without(0))).toEqual(['records.jsonl:1 RECORD_REMOVED']);
  expect(await verdict(moved(9, 10))).toEqual(['records.jsonl:11 RECORD_SWAPPED']);
  expect(await verdict(moved(20, 5))).toEqual(
    Array.from({ length: 15 }, (_, i) => `records.jsonl:${i + 7} RECORD_SWAPPED`),
  );
  expect(await verdict(lines.toSpliced(9, 0, lines[9] as string))).toEqual(['records.jsonl:11 RECORD_TWICE']);
  expect(await verdict([...lines, lines[3] as string])).toEqual(['records.jsonl:45 RECORD_TWICE']);
  expect(await verdict(lines.slice(0, -2))).toEqual(['records.jsonl:43 RECORDS_TRUNCATED']);
  expect(await verdict(lines.toSpliced(9, 1, (lines[9] as string).replace('发货', '退货')))).toEqual([
    'records.jsonl:10 RECORD_CHANGED',
  ]);
  expect(await verdict(lines.toSpliced(9, 1, '{"half'))).toEqual(['records.jsonl:10 RECORD_CHANGED']);
  // A space more changes no value, but it is not what was written.
  expect(await verdict(lines.toSpliced(9, 1, (lines[9] as string).replace('{', '{ ')))).toEqual([
    'records.jsonl:10 RECORD_CHANGED',
  ]);
  expect(await verdict(lines, '')).toEqual(['records.jsonl:44 RECORDS_TRUNCATED']);
  // A forged record with a hash that fits, in the place of another: what follows names the true one.
  const forged = JSON.parse(lines[9] as string) as Record<string, unknown>;
  const { hash: _, n, prev, ...rest } = forged;
  const sha256 = (text: string): string => verifyTools.sha256(text);
  const { line } = chainRecord({ ...rest, text: '假的' }, n as number, prev as string, sha256);
  expect(await verdict(lines.toSpliced(9, 1, line))).toEqual(['records.jsonl:11 RECORD_CHANGED']);
  // And the whole chain forged from there on: it hangs together, but it is not the one that was signed.
  let before = prev as string;
  const chain = lines.map((one, at) => {
    const { hash: __, n: number, prev: ___, ...record } = JSON.parse(one) as Record<string, unknown>;
    if (at < 9) return one;
    const made = chainRecord(at === 9 ? { ...record, text: '假的' } : record, number as number, before, sha256);
    before = made.hash;
    return made.line;
  });
  expect(await verdict(chain)).toEqual(['records.jsonl:44 HEAD_DIFFERS']);
});

test('[EX4] more damaged lines than are listed: the file they are of is named first, the rest is counted', async () => {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 1_300 }, (_, i) =>
      importRecord({ message_id: `m-${i}`, sent_at: T0 + i * 1_000, text: `第${i}条` }),
    ),
  );
  const files = await unpack((await packaging(store).build()).bytes);
  const lines = textOf(files, FILE.records).trimEnd().split('\n');
  const changed = new Map<string, Uint8Array>(files);
  changed.set(FILE.records, bytesOf(`${lines.map((line) => line.replace('第', '笫')).join('\n')}\n`));
  const report = await verifyBytes(await repack(changed));
  expect(report.problems.slice(0, 2)).toEqual([
    { where: FILE.records, what: 'FILE_CHANGED' },
    { where: 'data/', what: 'PAGE_DIFFERS' },
  ]);
  expect(report.problems).toHaveLength(1_000);
  const said = report.problems.filter(({ where }) => where.startsWith(`${FILE.records}:`)).length;
  expect(said).toBe(998);
  // Each of the 1,300 messages; the first record is their conversation.
  expect(report.more).toBe(1_300 - said);
  expect(report.touched).toEqual([[2, 1_301]]);

  // Told twice, each with a hash of its own that fits: opened, every one of them is marked (EX7).
  changed.set(FILE.records, bytesOf(`${lines.flatMap((line) => [line, line]).join('\n')}\n`));
  const loaded = await loadPackage({
    source: inMemory(await repack(changed)),
    tools: verifyTools,
    put: async () => {},
    check: () => {},
    progress: () => {},
  });
  expect(loaded.report.problems[0]).toEqual({ where: FILE.records, what: 'FILE_CHANGED' });
  expect(new Set(loaded.damaged).size).toBe(1_300);
});

test('[EX4] files: changed, missing, too many, another name; manifest and signature malformed or absent', async () => {
  const { build } = packaging(await smallStore());
  const files = await unpack((await build()).bytes);
  const verdict = async (change: (files: Map<string, Uint8Array>) => void): Promise<readonly string[]> => {
    const changed = new Map<string, Uint8Array>(files);
    change(changed);
    const report = await verifyBytes(await repack(changed));
    expect(report.ok).toBe(false);
    return problemsOf(report);
  };
  expect(await verdict((all) => all.set(FILE.page, bytesOf('<html>')))).toEqual(['index.html FILE_CHANGED']);
  expect(await verdict((all) => all.delete(FILE.style))).toEqual(['viewer/viewer.css FILE_MISSING']);
  expect(await verdict((all) => all.set('data/chunk-00009.js', bytesOf('x')))).toContain(
    'data/chunk-00009.js FILE_EXTRA',
  );
  expect(await verdict((all) => all.set('notes.txt', bytesOf('x')))).toEqual(['notes.txt FILE_EXTRA']);
  expect(await verdict((all) => all.set(FILE.manifest, bytesOf('{}')))).toContain('manifest.json MANIFEST_MALFORMED');
  expect(await verdict((all) => all.set(FILE.manifest, bytesOf(` ${textOf(files, FILE.manifest)}`)))).toEqual(
    expect.arrayContaining(['manifest.json MANIFEST_MALFORMED', 'manifest.json SIGNATURE_BAD']),
  );
  expect(await verdict((all) => all.set(FILE.signature, bytesOf('no')))).toContain('manifest.sig SIGNATURE_MALFORMED');
  expect(await verdict((all) => all.delete(FILE.signature))).toContain('manifest.sig FILE_MISSING');
  expect(await verdict((all) => all.delete(FILE.manifest))).toContain('manifest.json FILE_MISSING');
  expect(await verdict((all) => all.set(FILE.manifestCopy, bytesOf('x')))).toEqual(['data/manifest.js COPY_DIFFERS']);
  expect(await verdict((all) => all.clear())).toEqual(
    expect.arrayContaining(['manifest.json FILE_MISSING', 'manifest.sig FILE_MISSING']),
  );
});

test('[EX4] signed again with another key: whole in itself, and told apart by the fingerprint', async () => {
  const { build } = packaging(await smallStore());
  const { report, bytes } = await build();
  const files = await unpack(bytes);
  const cryptography = createCryptography();
  const key = cryptography.newSigningKey();
  const resigned = async (manifest: Manifest): Promise<Uint8Array> => {
    const text = canonicalJson(manifest);
    const signature = canonicalJson({
      algorithm: 'Ed25519',
      public_key: key.public_key,
      signature: toBase64(cryptography.sign(key, bytesOf(text))),
    });
    return repack(
      new Map<string, Uint8Array>([
        ...files,
        [FILE.manifest, bytesOf(text)],
        [FILE.signature, bytesOf(signature)],
        [FILE.manifestCopy, bytesOf(manifestCopy(text, signature))],
      ]),
    );
  };
  const manifest = parseManifest(textOf(files, FILE.manifest))!;
  const other = await resigned({ ...manifest, operator: 'somebody else' });
  // Without the published fingerprint nothing can be said but whose key it is not known to be.
  const unknown = await verifyBytes(other);
  expect(unknown.ok).toBe(true);
  expect(unknown.fingerprint).not.toBe(report.fingerprint);
  const spaced = report.fingerprint.toUpperCase().replace(/(..)/g, '$1:');
  expect(problemsOf(await verifyBytes(other, { expectedFingerprint: spaced }))).toEqual(['manifest.sig OTHER_KEY']);
  expect(problemsOf(await verifyBytes(bytes, { expectedFingerprint: spaced }))).toEqual([]);
  // Counts that lie, by whoever holds the key.
  const lying = await resigned({ ...manifest, counts: { ...manifest.counts, messages: 39, recalls: 2 } });
  expect(problemsOf(await verifyBytes(lying))).toEqual(['manifest.json COUNT_DIFFERS']);
  const short = await resigned({ ...manifest, counts: { ...manifest.counts, records: 50 } });
  expect(problemsOf(await verifyBytes(short))).toEqual(['records.jsonl:45 RECORDS_TRUNCATED']);
});

test('[EX4] [SE6] cut anywhere, or any bytes at all: a verdict, never a crash', async () => {
  const { build } = packaging(await smallStore());
  const { bytes } = await build();
  const random = createPrng(9);
  for (let i = 0; i < 60; i++) {
    const length = i === 0 ? 0 : Math.floor(random.next() * bytes.length);
    const report = await verifyBytes(bytes.slice(0, length));
    expect(report.ok).toBe(false);
    expect(report.problems[0]!.what).toBe(length < 22 ? 'NOT_A_ZIP' : 'TRUNCATED');
  }
  for (let i = 0; i < 60; i++) {
    const noisy = bytes.slice();
    for (let hits = 0; hits < 40; hits++)
      noisy[Math.floor(random.next() * noisy.length)] = Math.floor(random.next() * 256);
    expect((await verifyBytes(noisy)).ok).toBe(false);
  }
});

test('[SE6] names that leave the folder, names twice and packed bombs are refused', async () => {
  const zipOf = (names: readonly string[]): Promise<Uint8Array> =>
    // Two of one name can't be in a map: written apart and put behind one another by the directory alone.
    repack(new Map(names.map((name) => [name, bytesOf('x')])));
  for (const name of ['../escape', '/etc/passwd', 'a/../../b', 'a\\b', 'C:x', 'a//b', './a', 'ctrl\u0001'])
    expect(problemsOf(await verifyBytes(await zipOf([name])))[0]).toBe(
      'zip@' + directoryAt(await zipOf([name])) + ' NAME_FORBIDDEN',
    );
  const twice = await zipOf(['data/chunk-00001.js', 'data/chunk-00002.js']);
  const text = Buffer.from(twice);
  for (let at = text.indexOf('chunk-00002'); at >= 0; at = text.indexOf('chunk-00002', at + 1))
    text.write('chunk-00001', at);
  expect(problemsOf(await verifyBytes(new Uint8Array(text)))).toContain('data/chunk-00001.js NAME_TWICE');
  // 300 MB of nothing in 300 KB: refused from the directory, before anything is unpacked.
  const bomb = await repack(new Map([['data/chunk-00001.js', new Uint8Array(300 * 1024 * 1024)]]), { level: 9 });
  expect(bomb.length).toBeLessThan(2 * 1024 * 1024);
  expect(problemsOf(await verifyBytes(bomb))).toEqual([expect.stringMatching(/^zip@\d+ LIMIT_EXCEEDED$/)]);
});

function directoryAt(bytes: Uint8Array): number {
  return Buffer.from(bytes).lastIndexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
}

test('[EX4] packed anew by another program: the contents stand, the container is not the one exported', async () => {
  const { build } = packaging(await smallStore());
  const folder = unzipped((await build()).bytes);
  const script = `import zipfile, os, sys
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as z:
  for top, _, names in os.walk('.'):
    for name in names: z.write(os.path.relpath(os.path.join(top, name), '.'))`;
  const again = path.join(temporaryFolder(), 'again.zip');
  expect(spawnSync('python3', ['-c', script, again], { cwd: folder }).status).toBe(0);
  const report = await verifyBytes(new Uint8Array(readFileSync(again)));
  expect(report.ok).toBe(false);
  expect(report.signed).toBe(true);
  expect(report.problems.some(({ where }) => where.startsWith('records.jsonl:'))).toBe(false);
  expect(problemsOf(report).some((one) => one.endsWith('CONTAINER_DAMAGED'))).toBe(true);
});

test.each([
  ['deflated', "zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED)", 'z.write(name)'],
  [
    'with fields of its own in each header',
    "zipfile.ZipFile(out, 'w')",
    "i = zipfile.ZipInfo(name); i.extra = b'UT\\x05\\0\\1\\0\\0\\0\\0'; z.writestr(i, open(name, 'rb').read())",
  ],
] as const)('[EX4] a record changed and packed anew (%s): the contents are named first', async (_name, open, write) => {
  const { build } = packaging(await smallStore());
  const folder = unzipped((await build()).bytes);
  const records = path.join(folder, FILE.records);
  const again = path.join(temporaryFolder(), 'again.zip');
  const script = `import zipfile, os, sys
out = sys.argv[1]
with ${open} as z:
  for top, _, names in os.walk('.'):
    for each in names:
      name = os.path.relpath(os.path.join(top, each), '.')
      ${write}`;
  const packed = async (): Promise<VerifyReport> => {
    expect(spawnSync('python3', ['-c', script, again], { cwd: folder }).status).toBe(0);
    return verifyBytes(new Uint8Array(readFileSync(again)));
  };
  const same = await packed();
  expect(same).toMatchObject({ ok: false, signed: true, records: 44 });
  expect(new Set(same.problems.map(({ what }) => what))).toEqual(new Set(['CONTAINER_DAMAGED']));
  const lines = readFileSync(records, 'utf8').split('\n');
  writeFileSync(records, lines.with(4, lines[4]!.replace('"n":5', '"n":50')).join('\n'));
  const changed = await packed();
  expect(changed.signed).toBe(true);
  expect(problemsOf(changed).slice(0, 3)).toEqual([
    'records.jsonl FILE_CHANGED',
    'data/ PAGE_DIFFERS',
    'records.jsonl:5 RECORD_CHANGED',
  ]);
});

test('[EX3] recalls, corrections and transfers are records of their own; [RC19] what was recalled is nowhere', async () => {
  const store = await openWithAccount();
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(
        conversation('c-1', {
          order_nos: ['260901-1'],
          assignments: [
            { agent_id: 'a-7', name: '客服小美', from: T0, to: T0 + 5_000, how: 'claimed' },
            { agent_id: 'a-8', name: '客服老王', from: T0 + 5_000, to: T0 + 900_000, how: 'transferred' },
            { agent_id: 'a-7', name: '客服小美', from: T0 + 900_000, to: null, how: 'transferred' },
          ],
        }),
      ),
      created(message('c-1', 1, 'agent', { text: '九块九' })),
      created(message('c-1', 2, 'agent', { text: '秘密报价' })),
      recalled('c-1', 'c-1-m2', { effect: 'maybe_seen', reason: '报错价' }),
      created(message('c-1', 3, 'agent', { text: '【更正】九十九', correction_of: 'c-1-m1' })),
      created(
        message('c-1', 10, 'consumer', {
          kind: 'order_card',
          text: null,
          order: { order_no: '260901-2', title: '连衣裙', amount: '19.90', status: '已付款' },
        }),
      ),
    ),
  );
  const { build } = packaging(store);
  const { bytes } = await build();
  expect(problemsOf(await verifyBytes(bytes))).toEqual([]);
  const files = await unpack(bytes);
  for (const content of files.values()) expect(content.includes('秘密报价')).toBe(false);
  const records = textOf(files, FILE.records)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records.map(({ type }) => type)).toEqual([
    'conversation',
    'transfer',
    'message',
    'message',
    'correction',
    'message',
    'recall',
    'message',
  ]);
  expect(records[0]).toMatchObject({ conversation_id: 'c-1', order_nos: ['260901-1'] });
  // The second transfer came after the newest message: not part of the export.
  expect(records[1]).toMatchObject({ from: '客服小美', to: '客服老王', at: '2026-09-01T08:00:05.000+08:00' });
  expect(records[2]).toMatchObject({ order: { order_no: '260901-2', amount: '19.90' }, order_nos: ['260901-2'] });
  expect(records[3]).toMatchObject({ message_id: 'c-1-m3', correction_of: 'c-1-m1' });
  expect(records[4]).toMatchObject({ message_id: 'c-1-m3', of: 'c-1-m1' });
  expect(records[5]).toMatchObject({ message_id: 'c-1-m2', recalled: { effect: 'maybe_seen' } });
  expect(records[5]).not.toHaveProperty('text');
  expect(records[6]).toMatchObject({ message_id: 'c-1-m2', effect: 'maybe_seen', reason: '报错价' });
  expect(records[7]).toMatchObject({ message_id: 'c-1-m1', corrected_by: 'c-1-m3' });
});

test('[SR10] [EX4] what the role may not see is left out, and the manifest says how much', async () => {
  const store = await openWithAccount();
  await store.ingest(
    ACCOUNT,
    events(1, upserted(conversation('c-1')), created(message('c-1', 1, 'consumer', { text: '不给看' }))),
  );
  await store.importRecords([importRecord({ text: '导入的' })]);
  const { build } = packaging(store, { visibility: () => ({ kind: 'limited', sources: ['import'], agents: [] }) });
  const { bytes } = await build();
  const report = await verifyBytes(bytes);
  expect(report.manifest).toMatchObject({
    counts: { messages: 1 },
    omitted: [{ what: 'records', why: 'not_visible_to_role', count: 1 }],
  });
  for (const content of (await unpack(bytes)).values()) expect(content.includes('不给看')).toBe(false);
});

test('[EX5] masked values are nowhere in the bytes, pseudonyms hold within one export only', async () => {
  const store = await open();
  const personal = ['13812348000', '110105199003070123', '景甜甜', '6222021234567890128', '文一西路969号', '景小甜'];
  await store.importRecords([
    importRecord({ consumer: '景甜甜', text: '我是景甜甜，电话13812348000，卡号6222021234567890128' }),
    importRecord({ consumer: '景甜甜', sent_at: T0 + 1_000, text: '身份证110105199003070123，订单号260901-123456' }),
    importRecord({
      consumer: '景小甜',
      sent_at: T0 + 2_000,
      text: '地址：浙江省杭州市余杭区文一西路969号',
      conversation_id: 'x-景小甜',
    }),
  ]);
  const { build } = packaging(store);
  const query = { text: '我 景甜甜', consumers: ['景甜甜'] };
  const first = await build({}, MASK_ALL, '给13812348000的买家');
  const again = await build(query, MASK_ALL);
  for (const { bytes } of [first, again]) {
    expect(problemsOf(await verifyBytes(bytes))).toEqual([]);
    for (const [name, content] of await unpack(bytes))
      for (const value of personal) expect([name, value, content.includes(value)]).toEqual([name, value, false]);
  }
  const namesIn = async (bytes: Uint8Array): Promise<string[]> =>
    textOf(await unpack(bytes), FILE.records)
      .trimEnd()
      .split('\n')
      .flatMap((line) => {
        const record = JSON.parse(line) as { type: string; consumer: string };
        return record.type === 'message' ? [record.consumer] : [];
      });
  const names = await namesIn(first.bytes);
  expect(names[1]).toBe(names[2]);
  expect(names[0]).not.toBe(names[1]);
  expect(names.every((name) => /^买家-[A-Z]{10}$/.test(name))).toBe(true);
  expect((await namesIn(again.bytes))[0]).not.toBe(names[1]);
  expect(textOf(await unpack(first.bytes), FILE.records)).toContain('138****8000');
  expect(textOf(await unpack(first.bytes), FILE.records)).toContain('260901-123456');
});

test('[SE2] hostile texts read back as they were', async () => {
  const texts = [
    '</script><script>alert(1)</script>',
    '\u0000\u0001\u202e反\u2028行\u2029段\u0085',
    '=1+1',
    'a"b\\c\nd\r\ne',
    '__proto__',
    '😀'.repeat(3),
    '长'.repeat(1_000_000),
  ];
  const store = await open();
  await store.importRecords(texts.map((text, at) => importRecord({ message_id: `m-${at}`, text, sent_at: T0 - at })));
  const { build } = packaging(store);
  const { bytes } = await build();
  expect(problemsOf(await verifyBytes(bytes))).toEqual([]);
  const said = textOf(await unpack(bytes), FILE.records)
    .trimEnd()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { text?: string }).text ?? []);
  expect(said).toEqual(texts);
});

test('[EX8] who, what, why, rows, masks and hash are in the audit log before and after', async () => {
  const store = await smallStore();
  const entries: Readonly<Record<string, unknown>>[] = [];
  const { build } = packaging({
    ...store,
    async appendAudit(entry) {
      await store.appendAudit(entry);
      entries.push({ actor: entry.actor, action: entry.action, ...entry.details });
    },
  });
  const { report } = await build({ text: '发货' }, MASK_ALL, '仲裁');
  const same = { actor: 'a-7', action: 'records.exported', format: 'package', query: { text: '发货' }, reason: '仲裁' };
  expect(entries).toMatchObject([
    { ...same, state: 'started' },
    { ...same, state: 'done', rows: 39, sha256: report.sha256, fingerprint: report.fingerprint },
  ]);
  expect(entries[0]!['masks']).toEqual(['phone', 'id', 'name', 'address', 'card', 'email', 'contact']);
});

test('[EX6] cancelled, a full disk, a page that is not built: no file, nothing left behind', async () => {
  const store = await smallStore();
  const abort = new AbortController();
  const one = packaging(store);
  const request = { query: {}, target: one.target, reason: '', masks: MASK_ALL };
  await expect(one.service.run(request, { signal: abort.signal, progress: () => abort.abort() })).rejects.toMatchObject(
    { error: { code: 'CANCELLED' } },
  );
  const real = createFiles({ resolve: (handle) => handle });
  const two = packaging(store, {
    files: {
      ...real,
      async part(...args) {
        const part = await real.part(...args);
        let room = 3_000;
        return (
          part && {
            ...part,
            async write(chunk) {
              room -= chunk.length;
              if (room < 0) throw new AppFailure('DISK_FULL', 'ENOSPC');
              await part.write(chunk);
            },
          }
        );
      },
    },
  });
  await expect(two.service.run({ ...request, target: two.target })).rejects.toMatchObject({
    error: { code: 'DISK_FULL' },
  });
  const three = packaging(store, {
    viewer: async () => {
      throw new AppFailure('VIEWER_MISSING', 'not built');
    },
  });
  await expect(three.service.run({ ...request, target: three.target })).rejects.toMatchObject({
    error: { code: 'VIEWER_MISSING' },
  });
  for (const { folder, target } of [one, two, three]) {
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('[EX4] the key is made once; one that cannot be read is not replaced in silence', async () => {
  const store = await smallStore();
  const secrets = createMemorySecrets();
  const fingerprint = await packaging(store, { secrets }).service.fingerprint();
  const { report } = await packaging(store, { secrets }).build();
  expect(report.fingerprint).toBe(fingerprint);
  await secrets.set('package-signing-key', 'broken');
  await expect(packaging(store, { secrets }).build()).rejects.toMatchObject({ error: { code: 'STORE_DAMAGED' } });
});

test('[SR4] [EX3] the page finds what a scan of all records finds, and reads only chunks that can hold it', async () => {
  const random = createPrng(11);
  const alphabet = [
    ...'的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会 abcXYZ019-ｆＦ。？！ﬁⅣ😀',
  ];
  const word = (): string =>
    Array.from({ length: 1 + random.int(12) }, () => alphabet[random.int(alphabet.length)]).join('');
  const store = await open();
  const rows = Array.from({ length: 3_200 }, (_, i) =>
    importRecord({
      message_id: `m-${i}`,
      conversation_id: `c-${i % 97}`,
      consumer: `买家${i % 97}`,
      agent: `客服${i % 5}`,
      sent_at: T0 + i * 60_000,
      text: i === 1_234 ? '独角兽在此' : `${word()} ${word()}`,
      order_nos: i % 400 === 0 ? [`NO-${i}-2026`] : [],
    }),
  );
  await store.importRecords(rows);
  const { build } = packaging(store);
  const { bytes } = await build();
  expect(problemsOf(await verifyBytes(bytes))).toEqual([]);
  const source = pageSource(await unpack(bytes));
  expect(source.index.chunks.length).toBeGreaterThan(4);
  expect(source.index.grams.files).toBeGreaterThan(0);

  const none: PageQuery = { text: '', agent: '', number: '', from: null, to: null };
  const found = async (query: Partial<PageQuery>): Promise<string[]> => {
    const ids: string[] = [];
    for await (const step of searchPackage(source, { ...none, ...query }))
      ids.push(...step.hits.map((hit) => hit.record.message_id));
    return ids;
  };
  source.read.clear();
  expect(await found({ text: '独角兽' })).toEqual(['m-1234']);
  expect(source.read.size).toBe(1);
  for (let i = 0; i < 120; i++) {
    const text =
      i % 3 === 0
        ? (alphabet[random.int(alphabet.length)] as string)
        : word()
            .trim()
            .slice(0, 1 + random.int(4));
    const agent = random.next() < 0.3 ? `客服${random.int(5)}` : '';
    const from = random.next() < 0.3 ? T0 + random.int(3_200) * 60_000 : null;
    const query = { text, ...(agent === '' ? {} : { agents: [agent] }), ...(from === null ? {} : { from }) };
    const scanned = await store.search(query, { kind: 'all' }, { limit: 1_000, cursor: null });
    const here = await found({ text, agent, from });
    expect([text, agent, from, here.slice(0, 1_000)]).toEqual([
      text,
      agent,
      from,
      scanned.rows.map((row) => row.message_id),
    ]);
  }
  const ordered = await store.search({ orders: ['NO-400-2026'] }, { kind: 'all' }, { limit: 1_000, cursor: null });
  expect(await found({ number: 'NO-400-2026' })).toEqual(ordered.rows.map((row) => row.message_id));
  expect(await found({ number: 'NO-1-2026' })).toEqual([]);
}, 60_000);

/** The page's files without a browser: each script runs with its receiver alone. */
function pageSource(files: ReadonlyMap<string, Uint8Array>) {
  const run = (name: string): readonly unknown[] => {
    const text = textOf(files, name);
    const at = text.indexOf('(');
    const values = text.slice(at + 1, text.lastIndexOf(')'));
    return JSON.parse(`[${values}]`) as unknown[];
  };
  const pad = (number: number): string => String(number).padStart(5, '0');
  const read = new Set<number>();
  return {
    read,
    index: run(FILE.index)[0] as never as PackageIndex,
    chunk: async (number: number) => {
      read.add(number);
      return run(`data/chunk-${pad(number)}.js`)[1] as never as readonly PackageRecord[];
    },
    grams: async (number: number) =>
      Uint8Array.from(Buffer.from(run(`data/grams-${pad(number)}.js`)[1] as string, 'base64')),
  };
}
