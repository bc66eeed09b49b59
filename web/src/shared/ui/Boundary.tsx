/** Catches what goes wrong while a part of the page is rendered, so that everything around it stays. */
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { noteError } from '@/shared/diagnostics';

interface Props {
  /** What is shown: something else is another try. */
  of: unknown;
  /** Where it is, for the debug report. */
  where: string;
  /** Takes the place of what could not be rendered. */
  fallback: (error: unknown) => ReactNode;
  children: ReactNode;
}

type State =
  | { type: 'fine'; of: unknown }
  /** `of` is what could not be shown. */
  | { type: 'broken'; of: unknown; error: unknown };

export class Boundary extends Component<Props, State> {
  override state: State = { type: 'fine', of: this.props.of };

  static getDerivedStateFromError(
    error: unknown,
  ): Pick<Extract<State, { type: 'broken' }>, 'type' | 'error'> {
    return { type: 'broken', error };
  }

  static getDerivedStateFromProps({ of }: Props, state: State): State | null {
    return of === state.of ? null : { type: 'fine', of };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo) {
    noteError(this.props.where, error, componentStack ?? '');
  }

  override render() {
    return this.state.type === 'broken' ? this.props.fallback(this.state.error) : this.props.children;
  }
}
