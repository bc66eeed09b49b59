/** Catches what goes wrong while rendering, so that one bad message does not leave a black screen. */
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { noteError } from '@/shared/diagnostics';
import { Failure } from '@/shared/ui/Notice';

interface Props {
  /** The address: another page is another try. */
  path: string;
  children: ReactNode;
}

interface State {
  error: unknown;
  /** Where it happened. */
  path: string;
}

/** What browsers say when a part of the page could not be loaded. */
const unloaded = /dynamically imported module|importing a module script failed|unable to preload css/i;

export class Boundary extends Component<Props, State> {
  override state: State = { error: null, path: this.props.path };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps({ path }: Props, state: State): State | null {
    return path === state.path ? null : { error: null, path };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo) {
    noteError('rendering', error, componentStack ?? '');
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const isUnloaded = error instanceof Error && unloaded.test(error.message);
    return <main className="pad">{isUnloaded ? <Unloaded /> : <Broken error={error} />}</main>;
  }
}

function Broken({ error }: { error: unknown }) {
  return <Failure what="The page broke." error={error} onRetry={() => location.reload()} />;
}

function Unloaded() {
  return (
    <div className="notice warn" role="alert" data-testid="part-missing">
      <span>
        This part of the page could not be loaded: a newer version has taken its place, or there is no
        network. What you typed is kept.
      </span>
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload
      </button>
    </div>
  );
}
