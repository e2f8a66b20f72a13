declare module 'virtual:tokens.css';

/** Made by build/guide.ts from docs/guide. */
declare module 'virtual:guide' {
  export const guides: Readonly<Record<'zh-CN' | 'en', import('./features/help/topic.ts').Guide>>;
}
