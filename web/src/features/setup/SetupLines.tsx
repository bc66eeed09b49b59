/** What was done to a chat's fresh working copy, and what its command said. */

import { plainOutput } from '@/shared/terminal/output';
import type { Setup } from '@/shared/upkeep';
import './setup.css';

/** The box is a reversed column: it stands at its end, and what is new shows there. */
export function SetupLines({ setup }: { setup: Setup }) {
  const { command, steps, output, output_is_cut } = setup;
  const text = plainOutput(output);
  return (
    <div className="stack" data-testid="setup" data-state={setup.state}>
      {command && <code className="setup-command">$ {command.text}</code>}
      {text !== '' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
        <section className="setup-output" aria-label="Output of the setup" tabIndex={0}>
          <pre>
            {output_is_cut && '…\n'}
            {text}
          </pre>
        </section>
      )}
      <ul className="setup-steps">
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may say the same, and none goes away.
          <li key={index} className={step.done ? 'dim' : 'deleted'}>
            {step.text}
          </li>
        ))}
      </ul>
    </div>
  );
}
