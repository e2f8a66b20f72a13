import type { Assignment } from '../../protocol/entities.ts';

/** Whose part of a conversation is whose (IN4). Pure; times are the gateway's. */

/**
 * Until when (exclusive) these agents see a conversation: the end of the last assignment of theirs, Infinity while one is
 * open, −Infinity where they never had it.
 */
export function seenUntil(assignments: readonly Assignment[], agents: ReadonlySet<string>): number {
  let until = -Infinity;
  for (const { agent_id, to } of assignments) if (agents.has(agent_id)) until = Math.max(until, to ?? Infinity);
  return until;
}

/**
 * Where the present session begins: everything before it folds into the history bubble. A transfer goes on with the session;
 * a claim or a routing after an end begins a new one. Null where there was none before.
 */
export function sessionStart(assignments: readonly Assignment[]): number | null {
  for (let index = assignments.length - 1; index > 0; index--) {
    const before = assignments[index - 1];
    if (before !== undefined && before.to !== null && assignments[index]?.how !== 'transferred') return before.to;
  }
  return null;
}

/** Of a conversation that waits again, all that was said belongs to the sessions before. */
export function historyEnd(conversation: {
  readonly intake: 'waiting' | 'active' | 'ended';
  readonly assignments: readonly Assignment[];
}): number | null {
  if (conversation.intake === 'waiting') return conversation.assignments.at(-1)?.to ?? null;
  return sessionStart(conversation.assignments);
}
