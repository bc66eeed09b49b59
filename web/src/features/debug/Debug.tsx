/** What this page did lately, and one button that copies all of it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useEvents } from '@/features/events/store';
import { queries } from '@/shared/api/queries';
import { copyText } from '@/shared/clipboard';
import { bytes } from '@/shared/format';
import { noted, reportOf, type Section } from './report';
import './debug.css';

const key = ['debug-device'];

export function Debug() {
  const queryClient = useQueryClient();
  const { data: instance } = useQuery(queries.instance());
  const { data: device } = useQuery({ queryKey: key, queryFn: describeDevice });
  const connection = useEvents((state) => state.connection.phase);
  const [copied, setCopied] = useState<boolean | null>(null);
  const sections: Section[] = [
    {
      title: 'versions',
      lines: [
        `ocweb ${instance?.version ?? '?'}`,
        `opencode ${instance?.opencode_version ?? '?'}`,
        ...(device ?? []),
        `connection ${connection}`,
      ],
    },
    ...noted(),
  ];
  return (
    <>
      <div className="pad debug-actions">
        <button
          type="button"
          className="button primary"
          onClick={async () => setCopied(await copyText(reportOf(sections)))}
        >
          {copied === null ? 'Copy all' : copied ? 'Copied' : 'Could not copy'}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => void queryClient.invalidateQueries({ queryKey: key })}
        >
          Refresh
        </button>
      </div>
      <p className="dim pad">Types of events and paths of requests: nothing that was said, and no secret.</p>
      {sections.map(({ title, lines }) => (
        <section key={title} aria-label={title} data-testid="debug-section">
          <h2 className="section-title">{title}</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard. */}
          <pre className="debug-lines" tabIndex={0}>
            {lines.length === 0 ? '(none)' : lines.join('\n')}
          </pre>
        </section>
      ))}
    </>
  );
}

/** What the browser is, and what it keeps for this page. */
async function describeDevice(): Promise<string[]> {
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  const worker = await navigator.serviceWorker?.getRegistration('/').catch(() => undefined);
  const kept = 'caches' in globalThis ? await caches.keys().catch(() => []) : [];
  return [
    navigator.userAgent,
    `screen ${innerWidth} x ${innerHeight}, ${devicePixelRatio} pixels each`,
    `online ${navigator.onLine}, visible ${document.visibilityState}`,
    `installed ${matchMedia('(display-mode: standalone)').matches}, worker ${worker?.active?.state ?? 'none'}`,
    `caches ${kept.join(' ') || 'none'}`,
    `storage ${estimate?.usage === undefined ? '?' : bytes(estimate.usage)} of ${estimate?.quota === undefined ? '?' : bytes(estimate.quota)}`,
    `settings ${localStorageSize()} characters`,
  ];
}

function localStorageSize(): number {
  try {
    return Object.entries(localStorage).reduce(
      (sum, [name, value]) => sum + name.length + String(value).length,
      0,
    );
  } catch {
    return 0;
  }
}
