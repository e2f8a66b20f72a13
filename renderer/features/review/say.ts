import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { REVIEW_REFUSALS, type ReviewRefusal } from '#shared/domain/review/review.ts';

/** Says why something was refused: the review's own reason where there is one, else the code's words. */
export function useSayFailure(): (error: AppError) => void {
  const { t } = useTranslation();
  return useCallback(
    (error) => {
      const reason = error.details?.['reason'];
      if ((REVIEW_REFUSALS as readonly unknown[]).includes(reason))
        toast({ tone: 'failed', text: t(`reviews.refused.${reason as ReviewRefusal}`) });
      else {
        const words = errorWords(error);
        toast({ tone: 'failed', text: words.title, note: `${words.next} ${error.code}` });
      }
    },
    [t],
  );
}
