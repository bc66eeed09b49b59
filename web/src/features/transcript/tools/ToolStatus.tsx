/** How a call of a tool is going: what every kind of tool shows alike. */
import type { ToolPart } from '@/shared/api/opencode';
import { duration } from '@/shared/format';
import { failureOf, isRunning, took } from './tool';

/** What stands at the right of a headline: that it runs, failed, or how long it took. */
export function Aside({ part }: { part: ToolPart }) {
  if (isRunning(part)) return <span className="pulse" role="img" aria-label="running" />;
  if (part.state.status === 'error') return <span className="deleted">failed</span>;
  const milliseconds = took(part);
  return milliseconds !== null && milliseconds >= 1000 ? duration(milliseconds) : null;
}

export function ToolFailure({ part }: { part: ToolPart }) {
  const failure = failureOf(part);
  return failure === null ? null : <pre className="output deleted">{failure}</pre>;
}
