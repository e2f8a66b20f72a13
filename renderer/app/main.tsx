import '#renderer/bridge/zod-setup.ts';
import 'virtual:tokens.css';
import '#renderer/ui/base.css';
import '#renderer/ui/ui.css';
import './app.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startLive } from '#renderer/bridge/live.ts';
import { startLock } from '#renderer/bridge/lock.ts';
import { refuseOtherFiles } from '#renderer/ui/file-drop.ts';
import { App } from './App.tsx';
import { resolveLocale, startI18n } from './i18n.ts';
import { storedLook } from './look.ts';

startI18n(resolveLocale(storedLook().locale));
startLive();
startLock();
refuseOtherFiles();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
