import { z } from 'zod';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Topics } from '#shared/contract/topics.ts';

/**
 * `workbench://` links from outside (SE1, SE2): anybody's page or message can hold one, so it may only ever open something to
 * look at. No token, no text to send, no file, no address of a gateway; what doesn't fit exactly does nothing.
 *
 *   workbench://conversation/1234       workbench://records?number=…       workbench://incident/…       workbench://settings
 */
const Id = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/);
const LINKS = {
  conversation: z.object({ id: z.string().regex(/^[1-9][0-9]{0,14}$/) }).strict(),
  incident: z.object({ id: Id }).strict(),
  records: z.object({ number: Id }).strict(),
  settings: z.object({}).strict(),
} as const;

export type OutsideLink = Topics['outside'];

export const LINK_SCHEME = 'workbench';
const LONGEST = 256;

/** Null: not one of ours, or not one that may do anything. */
export function parseOutsideLink(address: string): OutsideLink | null {
  // As plainly written as we write them: nothing that a parser would first have to straighten out.
  if (address.length > LONGEST || /\.\.|[\\%\s]/.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  if (
    url.protocol !== `${LINK_SCHEME}:` ||
    url.username !== '' ||
    url.password !== '' ||
    url.port !== '' ||
    url.hash !== ''
  )
    return null;
  const [, id, ...more] = url.pathname.split('/');
  if (more.length > 0 || !Object.hasOwn(LINKS, url.host)) return null;
  const entries = [...url.searchParams];
  if (new Set(entries.map(([name]) => name)).size !== entries.length) return null;
  const fields = { ...Object.fromEntries(entries), ...(id === undefined || id === '' ? {} : { id }) };
  switch (url.host as keyof typeof LINKS) {
    case 'conversation': {
      const parsed = LINKS.conversation.safeParse(fields);
      return parsed.success ? { open: 'conversation', key: Number(parsed.data.id) as ConversationKey } : null;
    }
    case 'incident': {
      const parsed = LINKS.incident.safeParse(fields);
      return parsed.success ? { open: 'incident', id: parsed.data.id } : null;
    }
    case 'records': {
      const parsed = LINKS.records.safeParse(fields);
      return parsed.success ? { open: 'records', number: parsed.data.number } : null;
    }
    case 'settings':
      return LINKS.settings.safeParse(fields).success ? { open: 'settings' } : null;
  }
}

/** What a second start or the system hands over: one link, or one review package's path. Everything else is ignored. */
export function outsideFrom(
  args: readonly string[],
): { readonly link: OutsideLink } | { readonly file: string } | null {
  for (const argument of args) {
    if (argument.startsWith(`${LINK_SCHEME}:`)) {
      const link = parseOutsideLink(argument);
      if (link !== null) return { link };
    } else if (!argument.startsWith('-') && isPackageName(argument)) return { file: argument };
  }
  return null;
}

/** By its name alone; what is inside is checked when it is opened (EX7). */
export function isPackageName(file: string): boolean {
  return file.length < 4_096 && /\.mwpkg(\.zip)?$/i.test(file);
}
