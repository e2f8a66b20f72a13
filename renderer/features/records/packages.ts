import { useEffect } from 'react';
import { create } from 'zustand';
import type { AppError } from '#shared/contract/errors.ts';
import type { PackageView } from '#shared/contract/packages.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useRecords } from './store.ts';

/** Packages that are open beside the records (EX7). */
export const useOpenPackages = create<{ readonly packages: readonly PackageView[] }>()(() => ({ packages: [] }));

/** The package that is searched, or undefined: the records of this program. */
export const usePackage = (): string | undefined => useRecords((state) => state.run?.package ?? undefined);

/** As inputs carry it: nothing where the records are meant. */
export const inPackage = (id: string | undefined): { readonly package?: string } =>
  id === undefined ? {} : { package: id };

let asked = 0;
export async function reloadPackages(): Promise<void> {
  const turn = ++asked;
  const answer = await bridge.call('packages.list', {});
  if (answer.ok && turn === asked) useOpenPackages.setState({ packages: answer.result.packages });
}

export function usePackagesLive(): void {
  useEffect(() => {
    void reloadPackages();
    const stop = [
      bridge.subscribe('packages', () => void reloadPackages()),
      bridge.onHostState((host) => {
        if (host === 'connected') void reloadPackages();
      }),
    ];
    return () => {
      for (const end of stop) end();
    };
  }, []);
}

/** The person chooses a package; null where they chose none. */
export async function choosePackage(): Promise<AppError | string | null> {
  const picked = await bridge.pickFile('.zip,.mwpkg');
  if (!picked.ok) return picked.error;
  return picked.result === null ? null : openPackage(picked.result.handle);
}

export async function openPackage(handle: string): Promise<AppError | string> {
  const answer = await bridge.call('packages.open', { file: handle });
  await reloadPackages();
  return answer.ok ? answer.result.package_id : answer.error;
}
