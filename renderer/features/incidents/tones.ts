import type { Tone } from '#renderer/ui/marks.tsx';
import type { IncidentState } from '#shared/domain/remedy/incident.ts';

export const STATE_TONES: Readonly<Record<IncidentState, Tone>> = {
  draft: 'waiting',
  open: 'accent',
  reported: 'accent',
  supervisor: 'failed',
  closed: 'done',
};
