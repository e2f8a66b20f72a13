import 'i18next';
import type { zhCN } from '#shared/i18n/index.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zhCN };
    defaultNS: 'translation';
    returnNull: false;
  }
}
