import { z } from 'zod';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'virtual:tokens.css';
import './viewer.css';
import { App } from './App.tsx';
import { openPackage } from './package-files.ts';

// The page's content policy allows no code from text.
z.config({ jitless: true });

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App open={openPackage()} />
    </StrictMode>,
  );
