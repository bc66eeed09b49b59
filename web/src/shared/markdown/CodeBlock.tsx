/** A block of code: plain at once, in colours a moment later; long lines scroll in its own box. */
import { memo, useMemo } from 'react';
import { CodeLine } from '@/shared/highlight/CodeLine';
import { type Language, languageNamed } from '@/shared/highlight/language';
import { useColours } from '@/shared/highlight/useColours';
import { CopyButton } from '@/shared/ui/CopyButton';

interface Props {
  text: string;
  /** What its fence says: a language, and sometimes more. */
  info: string;
}

export const CodeBlock = memo(({ text, info }: Props) => (
  <figure className="code-block">
    <figcaption>
      <span>{info}</span>
      <CopyButton text={text} label="Copy code" />
    </figcaption>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
    <pre tabIndex={0}>
      <Code text={text} language={languageNamed(info)} />
    </pre>
  </figure>
));

/** Line by line, so that a block that grows renders its last line alone. */
function Code({ text, language }: { text: string; language: Language | null }) {
  const colours = useColours(language, text);
  const lines = useMemo(() => text.split('\n'), [text]);
  return (
    <code>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end.
        <span key={index} className="code-line">
          <CodeLine text={line} runs={colours?.[index]} />
          {index < lines.length - 1 && '\n'}
        </span>
      ))}
    </code>
  );
}
