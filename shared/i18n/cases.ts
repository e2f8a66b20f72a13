/** What stands for a person and for a number in the case library (RM5). */
export const CASE_PLACEHOLDERS = {
  'zh-CN': { person: '某人', number: '某编号' },
  en: { person: 'somebody', number: 'a number' },
} as const;
