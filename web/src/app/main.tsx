/** Where the page begins. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/shared/theme.css';
import '@/shared/base.css';
import '@/shared/ui/ui.css';
import { noteError } from '@/shared/diagnostics';
import { restoreLook } from '@/shared/look';
import { followVisualViewport } from '@/shared/viewport';
import { App } from './App';

restoreLook();
followVisualViewport();
addEventListener('error', ({ error, message }) => noteError('page', error ?? message));
addEventListener('unhandledrejection', ({ reason }) => noteError('promise', reason));

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
