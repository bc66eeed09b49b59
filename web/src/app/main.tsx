/** Where the page begins. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/shared/theme.css';
import '@/shared/base.css';
import '@/shared/ui/ui.css';
import { recall, remember } from '@/shared/storage';
import { followVisualViewport } from '@/shared/viewport';
import { App } from './App';

followVisualViewport();

// After an update the parts that this page has not loaded yet are gone: begin anew, with the new ones. Drafts
// are kept. Not twice in a row, in case that is not the reason.
addEventListener('vite:preloadError', (event) => {
  const last = Number(recall('reloaded') ?? 0);
  if (Date.now() - last < 10_000) return;
  event.preventDefault();
  remember('reloaded', String(Date.now()));
  location.reload();
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
