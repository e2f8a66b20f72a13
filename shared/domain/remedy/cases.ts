import { z } from 'zod';
import { err, ok, type Result } from '../../lib/result.ts';
import { foldedText } from '../guard/fold.ts';
import { MASK_ALL } from '../mask/choices.ts';
import { maskText, type KnownName, type MaskContext } from '../mask/mask.ts';
import { CompensationKind, type Incident } from './incident.ts';
import { MistakeType } from './mistakes.ts';

/** The case library (RM5): closed incidents without anybody's data, to be searched and shared. */

/** Version of the shared file's shape. */
export const CASE_FORMAT = 1;

export const Case = z.object({
  case_id: z.string().regex(/^[0-9A-Za-z_-]{1,64}$/),
  type: MistakeType,
  severity: z.enum(['none', 'minor', 'major']),
  /** Month in which it was closed, `2026-09`: the day could lead back to the conversation. */
  month: z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/),
  /** How far recall got: an effect, `failed`, or `none` where it was impossible or not asked for. */
  recall: z.enum(['both', 'maybe_seen', 'local_only', 'failed', 'none']),
  code: z.string().max(64).nullable(),
  complaint: z.boolean(),
  highest: z.enum(['open', 'reported', 'supervisor']),
  steps: z.array(z.string().max(64)).max(50),
  compensation: z.array(z.object({ what: CompensationKind, amount: z.string().max(20) })).max(50),
  tags: z.array(z.string().max(40)).max(20),
  /** What was sent, what was noted, and how it ended, masked. */
  message: z.string().max(20_000),
  notes: z.array(z.string().max(8_000)).max(200),
  resolution: z.string().max(8_000),
});
export type Case = z.infer<typeof Case>;

export interface CaseSource {
  /** The message's text, or '' where the role may not open its seal. */
  readonly message: string;
  /** Everybody who may be named: the consumer, the agents, members of the group. */
  readonly names: readonly string[];
  /** Order and violation numbers of the conversation; hidden too. */
  readonly numbers: readonly string[];
}

export interface CaseOptions {
  /** The case's own id: nothing that leads back to the incident. */
  readonly case_id: string;
  /** What stands for a person and for a number, in the program's language. */
  readonly person: string;
  readonly number: string;
  readonly utc_offset_minutes: number;
}

/** Makes the case of a closed incident (RM5). Ids, names, numbers and everything that masking knows are gone. */
export function caseOf(incident: Incident, source: CaseSource, options: CaseOptions): Result<Case, 'NOT_CLOSED'> {
  if (incident.state !== 'closed' || incident.closed_at === null) return err('NOT_CLOSED');
  const strip = stripper(source, options);
  const states = incident.timeline.flatMap(({ action }) => (action.kind === 'escalated' ? [action.to] : []));
  const highest = states.includes('supervisor') ? 'supervisor' : states.includes('reported') ? 'reported' : 'open';
  const { origin } = incident;
  const notes = incident.timeline.flatMap(({ action }) =>
    'note' in action && action.note !== undefined ? [strip(action.note)] : [],
  );
  return ok({
    case_id: options.case_id,
    type: incident.type,
    severity: incident.severity ?? 'none',
    month: monthOf(incident.closed_at, options.utc_offset_minutes),
    recall: origin.effect ?? (origin.cause === 'recall_failed' ? 'failed' : 'none'),
    code: origin.code,
    complaint: incident.complaint,
    highest,
    steps: incident.steps_done.slice(0, 50),
    compensation: incident.compensations
      .filter((each) => each.state === 'recorded')
      .map(({ what, amount }) => ({ what, amount }))
      .slice(0, 50),
    tags: incident.tags.map(strip),
    message: strip(source.message).slice(0, 20_000),
    notes: notes.slice(0, 200),
    resolution: strip(incident.resolution ?? ''),
  });
}

function stripper(source: CaseSource, options: CaseOptions): (text: string) => string {
  const names: KnownName[] = [
    ...source.names.map((name) => ({ name, replacement: options.person })),
    // The longer number first: one may contain another.
    ...source.numbers
      .toSorted((a, b) => b.length - a.length)
      .map((number) => ({ name: number, replacement: options.number })),
  ];
  const context: MaskContext = { names };
  // Twice: a name next to a phone is known by the phone, which the first pass hides together with it; the second is for
  // what only then stands free.
  return (text) => maskText(maskText(text, MASK_ALL, context), MASK_ALL, context);
}

/** `2026-09` at the given offset (minutes east of UTC) of a time in milliseconds. */
export function monthOf(at: number, utcOffsetMinutes: number): string {
  return new Date(at + utcOffsetMinutes * 60_000).toISOString().slice(0, 7);
}

/** What a case is found by: its texts, folded as the query is: the store's column. */
export function caseSearchKey(entry: Case): string {
  return foldedText([entry.message, ...entry.notes, entry.resolution, ...entry.tags, entry.code ?? ''].join('\n'));
}

export const CaseFile = z.object({ format: z.literal(CASE_FORMAT), cases: z.array(Case).max(10_000) });

function masked(entry: Case): Case {
  const strip = (text: string): string => maskText(text, MASK_ALL);
  return {
    ...entry,
    message: strip(entry.message),
    notes: entry.notes.map(strip),
    resolution: strip(entry.resolution),
    tags: entry.tags.map(strip),
  };
}

/** Text of a file to share. Masked once more: a case edited by hand elsewhere goes through the same sieve. */
export function shareCases(cases: readonly Case[]): string {
  return `${JSON.stringify({ format: CASE_FORMAT, cases: cases.map(masked) }, null, 2)}\n`;
}

/** Reads a shared file, masked as when it was shared: somebody may have written into it since. Anything else is refused whole. */
export function readSharedCases(text: string): Result<readonly Case[], 'FILE_FORMAT'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('FILE_FORMAT');
  }
  const parsed = CaseFile.safeParse(value);
  return parsed.success ? ok(parsed.data.cases.map(masked)) : err('FILE_FORMAT');
}
