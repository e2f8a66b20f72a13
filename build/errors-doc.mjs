// Writes docs/errors.md from shared/i18n/errors.ts (runs under Node 24, which reads TypeScript). With --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { APP_ERROR_CODES } from '../shared/contract/errors.ts';
import { explainError } from '../shared/i18n/errors.ts';

export const ERRORS_DOC = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'docs/errors.md');

export function errorsDoc() {
  const section = (code) => {
    const zh = explainError(code, 'zh-CN');
    const en = explainError(code, 'en');
    const row = (zhLabel, enLabel, part) => `- ${zhLabel}：${zh[part]}\n  ${enLabel}: ${en[part]}`;
    return [
      `## ${code}`,
      '',
      row('原因', 'Cause', 'cause'),
      row('对消费者', 'For the consumer', 'effect'),
      row('下一步', 'Next', 'next'),
      '',
    ];
  };
  return [
    '# 错误代码 Error codes',
    '',
    '每个代码的原因、对消费者的影响和下一步。由 `npm run errors-doc` 从 `shared/i18n/errors.ts` 生成，请勿手改。',
    '',
    'Cause, effect for the consumer and next step of every code. Written by `npm run errors-doc` from `shared/i18n/errors.ts`; do not edit.',
    '',
    ...APP_ERROR_CODES.flatMap(section),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) writeFileSync(ERRORS_DOC, errorsDoc());
  else if (readFileSync(ERRORS_DOC, 'utf8') !== errorsDoc()) {
    console.error('docs/errors.md is not current: npm run errors-doc');
    process.exitCode = 1;
  }
}
