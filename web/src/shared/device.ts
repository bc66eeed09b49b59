/** A browser's own description, shortened to what tells devices apart: "Safari on iPhone". */
export function deviceName(agent: string | null): string {
  if (agent === null) return 'unknown device';
  const system = /iPhone|iPad|Android|Windows|Mac OS X|Linux/.exec(agent)?.[0];
  const browser = /Edg|OPR|Firefox|Chrome|Safari|curl/.exec(agent)?.[0];
  return [browser, system].filter(Boolean).join(' on ') || agent.slice(0, 60);
}
