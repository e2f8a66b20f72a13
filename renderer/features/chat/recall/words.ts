import type { TFunction } from 'i18next';
import {
  GATEWAY_RECALL_CODES,
  RECALL_REASONS,
  type GatewayRecallCode,
  type RecallReason,
  type RecallReasonCode,
} from '#shared/domain/recall/types.ts';
import { formatDuration, formatTime, type Locale } from '#renderer/ui/format.ts';

type KnownCode = RecallReasonCode | GatewayRecallCode;

function isKnown(code: string): code is KnownCode {
  return (
    (RECALL_REASONS as readonly string[]).includes(code) || (GATEWAY_RECALL_CODES as readonly string[]).includes(code)
  );
}

function numbers(
  details: Readonly<Record<string, unknown>> | undefined | null,
  locale: Locale,
): Record<'window' | 'used' | 'limit' | 'retry', string> {
  const read = (name: string): number | null => (typeof details?.[name] === 'number' ? details[name] : null);
  const retryAt = read('retry_at');
  const windowMs = read('window_ms');
  return {
    window: windowMs === null ? '' : formatDuration(windowMs, locale),
    used: String(read('used') ?? ''),
    limit: String(read('limit') ?? ''),
    retry: retryAt === null ? '' : formatTime(retryAt, locale),
  };
}

/** Why, short enough for a menu. An unknown code of a newer gateway is shown as it is. */
export function reasonWords(
  reason: Pick<RecallReason, 'details'> & { readonly code: string },
  t: TFunction,
  locale: Locale,
): string {
  return isKnown(reason.code)
    ? t(`recall.reason.${reason.code}`, numbers(reason.details, locale)).replace(/  +/g, ' ')
    : reason.code;
}

const RISKS = [
  'ALREADY_READ',
  'PUSH_DELIVERED',
  'OTHER_DEVICE',
  'RATE_SOFT',
  'OFFLINE',
  'CLOCK_UNCERTAIN',
  'STALE_STATE',
] as const;

/** What may go wrong, as a sentence for the confirmation (RC10). */
export function riskWords(reason: RecallReason, t: TFunction, locale: Locale): string {
  const risk = RISKS.find((code) => code === reason.code);
  return risk ? t(`recall.risk.${risk}`, numbers(reason.details, locale)) : reasonWords(reason, t, locale);
}
