import '#renderer/bridge/zod-setup.ts';
import 'virtual:tokens.css';
import '#renderer/ui/base.css';
import '#renderer/ui/ui.css';
import '#renderer/app/app.css';
import './gallery.css';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import i18next from 'i18next';
import { startI18n } from '#renderer/app/i18n.ts';
import { PendingWordsProvider } from '#renderer/ui/Pending.tsx';
import { UiProvider } from '#renderer/ui/theme.tsx';
import { pretend } from './pretend.ts';
import { wanted } from './wanted.ts';

/**
 * Every primitive of renderer/ui, and the main panels in their states (UX4), in both themes and densities. Not part of the
 * program: `npm run gallery` shows it, test/e2e/gallery.test.ts compares it with its pictures.
 */
const want = wanted(location.search);
startI18n(want.locale);
// Before anything imports the bridge, which looks for a host when it is loaded.
pretend(want.state);
const Page = want.panel === null ? lazy(() => import('./Primitives.tsx')) : lazy(() => import('./Panels.tsx'));

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <UiProvider theme={want.theme} density={want.density} locale={want.locale}>
        <PendingWordsProvider words={{ loading: i18next.t('common.loading'), retry: i18next.t('common.retry') }}>
          <Suspense fallback={null}>
            <Page want={want} />
          </Suspense>
        </PendingWordsProvider>
      </UiProvider>
    </StrictMode>,
  );
