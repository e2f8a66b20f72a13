import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Policy } from '#shared/protocol/entities.ts';
import { KnownEvent } from '#shared/protocol/events.ts';
import { parseClientFrame, parseServerFrame } from '#shared/protocol/frames.ts';
import { CloseCode } from '#shared/protocol/limits.ts';
import { GATEWAY_ERROR_CODES, REQUESTS } from '#shared/protocol/requests.ts';

/** docs/protocol.md, which others write gateways by, held against the schemas. */
const PAGE = readFileSync('docs/protocol.md', 'utf8');

/** An example as one would be sent: of alternatives the first, whatever stands for more left out. */
const plain = (text: string): string =>
  text
    .replace(/\}\s*\|\s*(null|\{[^{}]*\})/g, '}')
    .replace(/"([^"|]*)\|[^"]*"/g, '"$1"')
    .replace(/^[CS] /, '');

const blockWith = (words: string): string => {
  const block = [...PAGE.matchAll(/^```\n(.*?)^```$/gms)]
    .map(([, inside = '']) => inside)
    .find((inside) => inside.includes(words));
  if (block === undefined) throw new Error(`the page has no example with ${words}`);
  return block;
};

/** Rows of the table whose head begins with `first`, as cells. */
const table = (first: string): readonly (readonly string[])[] => {
  const lines = PAGE.split('\n');
  const from = lines.findIndex((line) => new RegExp(`^\\| ${first} +\\|`).test(line)) + 2;
  const to = lines.findIndex((line, index) => index >= from && !line.startsWith('|'));
  return lines.slice(from, to).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
};
/** Names of a cell in the order they stand in, without what is said of them. */
const namesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]*)`/g)]
    .map(([, code = '']) => code.replaceAll(/:\s*\{[^}]*\}|:"[^"]*"|: [\w|]+/g, ''))
    .filter((code) => /^[a-z_]/.test(code))
    .flatMap((code) => code.split(',').map((part) => /^\s*([a-z_]+[a-z0-9_]*)/.exec(part)?.[1] ?? ''));
const nameOf = (cell = ''): string => /^`(.+)`$/.exec(cell)?.[1] ?? '';

describe('the page of the protocol', () => {
  test('[SY1] its opening and its policy parse as they stand', () => {
    const policy = plain(blockWith('"recall":{"enabled"'));
    expect(Policy.safeParse(JSON.parse(policy)).error).toBeUndefined();
    const [hello = '', welcome = ''] = blockWith('"type":"hello"').split(/^(?=S )/m);
    expect(parseClientFrame(plain(hello))).toMatchObject({ type: 'hello' });
    expect(parseServerFrame(plain(welcome).replace('"policy":{…}', `"policy":${policy}`))).toMatchObject({
      type: 'welcome',
      left_out: 0,
    });
  });

  test('[SY8] its kinds of events, with what they carry, are those of the schemas', () => {
    const rows = table('kind');
    const schemas = new Map(KnownEvent.options.map((option) => [option.shape.kind.value as string, option]));
    expect(rows.map(([kind]) => nameOf(kind)).toSorted()).toEqual([...schemas.keys()].toSorted());
    for (const [kind, carries] of rows) {
      const fields = Object.keys(schemas.get(nameOf(kind))?.shape ?? {});
      for (const name of namesIn(carries)) expect(fields, `${kind}`).toContain(name);
    }
  });

  test('[SY3] [SY6] its requests, with their fields and errors, are those of the schemas', () => {
    const rows = table('request');
    expect(rows.map(([request]) => nameOf(request)).toSorted()).toEqual(Object.keys(REQUESTS).toSorted());
    const codes: ReadonlySet<string> = new Set(GATEWAY_ERROR_CODES);
    for (const [request, fields, , errors = ''] of rows) {
      const { shape } = REQUESTS[nameOf(request) as keyof typeof REQUESTS].fields;
      expect(Object.keys(shape).toSorted(), `${request}`).toEqual(expect.arrayContaining([...namesIn(fields)]));
      for (const [code] of errors.matchAll(/\b[A-Z][A-Z_]{3,}\b/g)) expect(codes, `${request}`).toContain(code);
    }
  });

  test('[SY4] its close codes are those that the program knows', () => {
    const [, said = ''] = /^Close codes: (.*?)\n\n/ms.exec(PAGE) ?? [];
    expect([...said.matchAll(/\b4\d{3}\b/g)].map(([code]) => Number(code)).toSorted()).toEqual(
      Object.values(CloseCode).toSorted(),
    );
  });
});
