/** The lines of one file's diff, with numbers; long ones scroll sideways in their own box. */
import { memo } from 'react';
import type { DiffLine } from './patch';
import './diff.css';

const signs: Record<DiffLine['kind'], string> = {
  added: '+',
  deleted: '−',
  same: ' ',
  hunk: '⋯',
  note: '\\',
};

export const DiffLines = memo(({ lines, label }: { lines: readonly DiffLine[]; label: string }) => {
  const last = lines.reduce((most, line) => Math.max(most, line.after ?? line.before ?? 0), 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: a scrolling box with a name; a fieldset is for forms.
    <div className="diff" role="group" aria-label={`Diff of ${label}`} tabIndex={0}>
      <div className="diff-lines" style={{ '--digits': String(last).length } as React.CSSProperties}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a diff never move.
          <div key={index} className={`diff-line ${line.kind}`}>
            <span className="diff-number">{line.after ?? line.before ?? ''}</span>
            <span className="diff-sign">{signs[line.kind]}</span>
            <span className="diff-text">{line.text}</span>
          </div>
        ))}
      </div>
    </div>
  );
});
