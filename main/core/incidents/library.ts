import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import { readSharedCases, shareCases } from '#shared/domain/remedy/cases.ts';
import { DEFAULT_PLAYBOOKS } from '#shared/domain/remedy/defaults.ts';
import { editPlaybooks } from '#shared/domain/remedy/playbooks.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import { actorOf, permitProfile } from '../accounts/acting.ts';
import type { Audit } from '../audit/audit.ts';
import type { Files } from '../ports/files.ts';
import type { CaseFilter, Store } from '../ports/store.ts';

/** A shared file of 10,000 cases is far below this. Bytes. */
const LARGEST_CASE_FILE = 64 * 1_024 * 1_024;

export interface LibraryOptions {
  readonly store: Store;
  readonly files: Files;
  readonly audit: Audit;
  /** AppFailure NO_PERMISSION. */
  readonly permit: (account: AccountId, permission: Permission) => Promise<Agent>;
  readonly serverNow: (account: AccountId) => number;
  readonly onChanged: () => void;
}

export type Library = Pick<
  Handlers,
  'playbooks.get' | 'playbooks.edit' | 'cases.search' | 'cases.share' | 'cases.read'
>;

/** Playbooks and templates (RM6), and the case library (RM5). */
export function createLibrary(options: LibraryOptions): Library {
  const { store, files, audit } = options;

  const filterOf = (input: ProcedureParsed<'cases.search'>): CaseFilter => ({
    limit: input.limit,
    ...(input.types === undefined ? {} : { types: input.types }),
    ...(input.tags === undefined ? {} : { tags: input.tags }),
    ...(input.text === undefined ? {} : { text: input.text }),
  });

  async function textOf(file: string): Promise<string> {
    const { bytes } = await files.describe(file);
    if (bytes > LARGEST_CASE_FILE)
      throw new AppFailure('FILE_TOO_LARGE', 'larger than a file of cases can be', { bytes, limit: LARGEST_CASE_FILE });
    const decoder = new TextDecoder('utf-8');
    let text = '';
    for await (const chunk of files.read(file)) text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  }

  return {
    async 'playbooks.get'({ version }) {
      const book =
        (await store.playbooks(version ?? null)) ?? (version === undefined || version === 0 ? DEFAULT_PLAYBOOKS : null);
      if (book === null) throw new AppFailure('NOT_FOUND', 'no such version');
      const editors = (await store.accounts())
        .filter(({ agent }) => isPermitted(agent?.role, 'playbook.edit'))
        .map(({ account_id }) => account_id);
      return { book, editors };
    },

    async 'playbooks.edit'({ account_id, base_version, playbooks, templates }) {
      const agent = await options.permit(account_id, 'playbook.edit');
      const current = (await store.playbooks(null)) ?? DEFAULT_PLAYBOOKS;
      const edited = editPlaybooks(
        current,
        { base_version, playbooks, templates },
        { id: agent.agent_id, name: agent.name, role: agent.role },
        Math.max(0, Math.round(options.serverNow(account_id))),
      );
      if (!edited.ok)
        switch (edited.error.code) {
          case 'NOT_ALLOWED':
            throw new AppFailure('NO_PERMISSION', 'playbook.edit', { role: agent.role });
          case 'EDIT_CONFLICT':
            throw new AppFailure('STALE_STATE', 'somebody else saved meanwhile', { current: edited.error.current });
          case 'BAD_INPUT':
            throw new AppFailure('BAD_INPUT', 'the playbooks are not complete', { problems: edited.error.problems });
        }
      await audit.write(agent.agent_id, 'playbooks.edited', { from: base_version, to: edited.value.version });
      await store.putPlaybooks(edited.value);
      options.onChanged();
      return edited.value;
    },

    async 'cases.search'(input) {
      await permitProfile(store, 'records.search');
      return { cases: await store.cases(filterOf(input)) };
    },

    async 'cases.share'({ filter, target }) {
      await permitProfile(store, 'records.export');
      const cases = await store.cases(filterOf(filter));
      await audit.write(await actorOf(store), 'cases.shared', { cases: cases.length });
      const sink = await files.create(target);
      try {
        await sink.write(new TextEncoder().encode(shareCases(cases)));
        const { bytes } = await sink.commit();
        return { cases: cases.length, bytes };
      } catch (thrown) {
        await sink.abort();
        throw thrown;
      }
    },

    async 'cases.read'({ file }) {
      await permitProfile(store, 'records.import');
      const cases = readSharedCases(await textOf(file));
      if (!cases.ok) throw new AppFailure('FILE_FORMAT', 'not a file of shared cases');
      await audit.write(await actorOf(store), 'cases.read', { cases: cases.value.length });
      const added = await store.putCases(cases.value);
      if (added > 0) options.onChanged();
      return { cases: cases.value.length, added };
    },
  };
}
