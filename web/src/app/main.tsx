/** Where the page begins. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/shared/theme.css';
import '@/shared/base.css';
import '@/shared/ui/ui.css';
import { followVisualViewport } from '@/shared/viewport';
import { App } from './App';

followVisualViewport();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
