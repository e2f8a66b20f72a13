import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declaredType, plainName, shortName } from './names.ts';

describe('names of files', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system32\\cmd.exe', 'cmd.exe'],
    ['C:\\a\\b.png', 'b.png'],
    ['a\u202Egpj.exe', 'agpj.exe'],
    ['a\u200B\u2066b\u0000\r\n.txt', 'ab.txt'],
    ['..', 'file'],
    ['', 'file'],
    ['a/', 'file'],
    ['  图片 1.png ', '图片 1.png'],
    ['CON', 'CON'],
  ])('[SE2] %j is shown and sent as %j', (given, plain) => {
    expect(plainName(given)).toBe(plain);
  });

  test('[SE2] very long names keep their ending and lose their middle', () => {
    const long = `${'很长的名字'.repeat(100)}.xlsx`;
    expect([...plainName(long)]).toHaveLength(255);
    expect(plainName(long).endsWith('.xlsx')).toBe(true);
    expect([...shortName(long, 24)]).toHaveLength(24);
    expect(shortName(long, 24)).toMatch(/^很长.*….*\.xlsx$/);
    expect(shortName('short.png', 24)).toBe('short.png');
  });

  test('[SE2] whatever the name: no separator, nothing invisible, within its length, the same again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const plain = plainName(name);
        expect(plain).not.toMatch(/[/\\\p{Cc}\p{Cf}]/u);
        expect([...plain].length).toBeLessThanOrEqual(255);
        expect(plain.isWellFormed()).toBe(true);
        expect(plainName(plain)).toBe(plain);
        expect([...shortName(name, 20)].length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 40 },
    );
  });

  test('[SE2] the declared type comes from a short list, and is never a page', () => {
    expect(declaredType('a.PDF')).toBe('application/pdf');
    for (const name of ['a.html', 'a.exe', 'a', 'a.js', 'a.constructor'])
      expect(declaredType(name)).toBe('application/octet-stream');
  });
});
