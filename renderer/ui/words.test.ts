import { describe, expect, it } from 'vitest';
import { platformName } from './words.ts';

describe('platforms', () => {
  it('[UX1] a platform is called what people call it, an unknown one as its gateway does', () => {
    expect(platformName('pdd', 'zh-CN')).toBe('拼多多');
    expect(platformName('pdd', 'en')).toBe('Pinduoduo');
    expect(platformName('my-shop-platform', 'zh-CN')).toBe('my-shop-platform');
    expect(platformName('constructor', 'zh-CN')).toBe('constructor');
  });
});
