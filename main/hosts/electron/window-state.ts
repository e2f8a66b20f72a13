import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import { z } from 'zod';

/** ui.md: works at 1024 × 640, made for 1180 × 720 and more. */
export const LEAST = { width: 1024, height: 640 } as const;
const USUAL = { width: 1360, height: 860 } as const;
/** So much of the title bar must be reachable, or the window is placed anew. */
const REACHABLE = 120;

const WindowState = z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int(), maximized: z.boolean() });
export type WindowState = z.infer<typeof WindowState>;

/** Where the window was, or undefined when that is unknown or no screen shows it any more. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState | undefined {
  try {
    return placeable(WindowState.parse(JSON.parse(readFileSync(file, 'utf8'))), screens);
  } catch {
    return undefined;
  }
}

export function placeable(state: WindowState, screens: readonly Rectangle[]): WindowState | undefined {
  const screen = screens.find(
    (area) =>
      state.x + state.width >= area.x + REACHABLE &&
      state.x <= area.x + area.width - REACHABLE &&
      state.y >= area.y &&
      state.y <= area.y + area.height - REACHABLE,
  );
  if (screen === undefined) return undefined;
  return {
    ...state,
    width: Math.max(LEAST.width, Math.min(state.width, screen.width)),
    height: Math.max(LEAST.height, Math.min(state.height, screen.height)),
  };
}

export function usualSize(): { width: number; height: number } {
  return { ...USUAL };
}

/** Losing it costs nothing, so it is never an error. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(`${file}.tmp`, JSON.stringify(state));
    renameSync(`${file}.tmp`, file);
  } catch {
    // A read-only folder: the window opens in its usual place next time.
  }
}
