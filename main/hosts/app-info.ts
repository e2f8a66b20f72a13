import { readFileSync } from 'node:fs';
import type { AppInfo } from '#shared/contract/views.ts';
import { localeFor, type Locale } from '#shared/i18n/index.ts';

/** The program's version; package.json is two folders up from the sources (main/hosts) and from the bundle (dist/main). */
export function appVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/**
 * Language before the person chose one: as POSIX programs choose, else `systemTag`, the system's own word where it has one
 * (Windows, macOS). A system that names none (C, POSIX, no variable) gets the source language (UX1).
 */
export function systemLocale(environment: NodeJS.ProcessEnv, systemTag?: string): Locale {
  const named = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'];
  if (named === undefined || named === '') return systemTag === undefined ? 'zh-CN' : localeFor(systemTag);
  // `zh_CN.UTF-8` names the language as zh-CN does.
  const tag = (named.split('.')[0] ?? '').replace('_', '-');
  return tag === 'C' || tag === 'POSIX' ? 'zh-CN' : localeFor(tag);
}

/** Undefined where Node has it from those variables itself, and says en-US without any. */
function tagOfSystem(): string | undefined {
  const knows = process.platform === 'win32' || process.platform === 'darwin';
  return knows ? new Intl.DateTimeFormat().resolvedOptions().locale : undefined;
}

export function describeHost(
  host: AppInfo['host'],
  practice: boolean,
  key_storage: AppInfo['key_storage'],
  locale?: Locale,
): AppInfo {
  return {
    version: appVersion(),
    host,
    platform: process.platform,
    practice,
    key_storage,
    locale: locale ?? systemLocale(process.env, tagOfSystem()),
  };
}
