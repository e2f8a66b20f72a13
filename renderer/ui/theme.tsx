import { ConfigProvider, theme as antdTheme, type ThemeConfig } from 'antd';
import enUS from 'antd/es/locale/en_US';
import zhCN from 'antd/es/locale/zh_CN';
import { useLayoutEffect, useMemo, type ReactNode } from 'react';
import { HintLayer } from './HintLayer.tsx';
import { densities, motion, palettes, radius, type as typeScale, type Density, type ThemeName } from './tokens.ts';
import { useMedia } from './use-media.ts';

/** The component library's theme, made of nothing but our tokens. */
function themeConfig(name: ThemeName, density: Density): ThemeConfig {
  const palette = palettes[name];
  const size = densities[density];
  return {
    algorithm: name === 'dark' ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
    cssVar: { key: 'workbench' },
    hashed: false,
    token: {
      colorPrimary: palette.accent,
      colorLink: palette.accentText,
      colorError: palette.failed,
      colorSuccess: palette.done,
      colorWarning: palette.waiting,
      colorText: palette.text,
      colorTextSecondary: palette.textSoft,
      colorTextTertiary: palette.textFaint,
      colorTextPlaceholder: palette.textFaint,
      colorTextDisabled: palette.textFaint,
      colorBgBase: palette.canvas,
      colorBgContainer: palette.canvas,
      colorBgElevated: palette.raised,
      colorBgMask: palette.scrim,
      colorBorder: palette.lineStrong,
      colorBorderSecondary: palette.line,
      colorSplit: palette.line,
      controlItemBgHover: palette.hover,
      controlItemBgActive: palette.selected,
      borderRadius: radius.medium,
      borderRadiusLG: radius.large,
      borderRadiusSM: radius.small,
      fontSize: typeScale.base,
      fontSizeSM: typeScale.small,
      fontFamily: typeScale.family,
      lineHeight: typeScale.line / typeScale.base,
      controlHeight: size.control,
      controlHeightSM: 24,
      motionDurationFast: `${motion.quick}ms`,
      motionDurationMid: `${motion.normal}ms`,
      motionDurationSlow: `${motion.normal}ms`,
      boxShadow: palette.shadow,
      boxShadowSecondary: palette.shadow,
      wireframe: false,
    },
    components: {
      Modal: { titleFontSize: typeScale.medium, paddingContentHorizontalLG: 20 },
      Tooltip: { colorBgSpotlight: name === 'dark' ? '#343a45' : '#2a303b', fontSize: typeScale.small },
      Select: { optionHeight: 28, optionPadding: '4px 8px', optionFontSize: typeScale.base },
    },
  };
}

const darkQuery = '(prefers-color-scheme: dark)';

/** What the window shows right now: the setting, or what the system asks for. */
export function useThemeName(setting: 'system' | ThemeName): ThemeName {
  const systemDark = useMedia(darkQuery);
  if (setting !== 'system') return setting;
  return systemDark ? 'dark' : 'light';
}

/** Theme, density and the component library's own words, for everything below it. */
export function UiProvider(props: {
  theme: 'system' | ThemeName;
  density: Density;
  locale: 'zh-CN' | 'en';
  children: ReactNode;
}) {
  const name = useThemeName(props.theme);
  const config = useMemo(() => themeConfig(name, props.density), [name, props.density]);
  useLayoutEffect(() => {
    const root = document.documentElement;
    if (props.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = props.theme;
    root.dataset['density'] = props.density;
    root.lang = props.locale;
  }, [props.theme, props.density, props.locale]);
  return (
    <ConfigProvider
      theme={config}
      locale={props.locale === 'en' ? enUS : zhCN}
      wave={{ disabled: true }}
      button={{ autoInsertSpace: false }}
    >
      {props.children}
      <HintLayer />
    </ConfigProvider>
  );
}
