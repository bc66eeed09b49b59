/** What a refused request tells beside its sentence. Pure. */
import { RequestError } from './http';

/** Whether something was refused for this reason: the last segment of the problem document's `type`. */
export function isOfKind(error: unknown, kind: string): boolean {
  return error instanceof RequestError && error.kind === kind;
}

/** What git, a hook or GitHub said when it refused; empty where nothing was said. */
export function saidBy(error: unknown): string {
  const problem = error instanceof RequestError ? error.problem : null;
  const said = typeof problem === 'object' && problem !== null && 'said' in problem ? problem.said : '';
  return typeof said === 'string' ? said : '';
}
