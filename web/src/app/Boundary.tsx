/** Catches what goes wrong while rendering, so that one bad message does not leave a black screen. */
import { Component, type ReactNode } from 'react';
import { Failure } from '@/shared/ui/Notice';

export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="pad">
        <Failure what="The page broke." error={error} onRetry={() => location.reload()} />
      </div>
    );
  }
}
