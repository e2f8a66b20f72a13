declare module 'virtual:tokens.css';

/** Made by build/guide.ts from docs/guide. */
declare module 'virtual:guide' {
  import type { Guide } from '#renderer/features/help/topic.ts';
  export const guides: Readonly<Record<'zh-CN' | 'en', Guide>>;
}
