/** The state of an MCP server as a sentence. Pure. */
import type { McpStatus } from '@/shared/api/opencode';

export function serverWords(name: string, status: McpStatus): string {
  switch (status.status) {
    case 'connected':
      return 'connected';
    case 'disabled':
      return 'not connected';
    case 'failed':
      return `failed: ${status.error}`;
    case 'needs_auth':
      return `needs a login: run “opencode mcp auth ${name}” in a terminal`;
    case 'needs_client_registration':
      return `cannot log in: ${status.error}`;
    default:
      return 'in a state that ocweb does not know';
  }
}
