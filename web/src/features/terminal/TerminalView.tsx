/** A terminal: its text, which scrolls and can be selected like any other, and the keys below it. */
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { PieceText } from '@/shared/terminal/PieceText';
import type { Line, Screen, Size } from './emulator';
import { Keyboard } from './Keyboard';
import { useTerminal } from './useTerminal';
import './terminal.css';

/** This near to the end counts as being there, in pixels. */
const near = 24;

export function TerminalView({
  directory,
  id,
  onEnded,
}: {
  directory: string;
  id: string;
  onEnded: () => void;
}) {
  const [size, setSize] = useState<Size | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize((known) => measured(element, ruler.current, known)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div className="terminal" ref={frame}>
      <span className="terminal-ruler" ref={ruler} aria-hidden="true">
        {'0'.repeat(20)}
      </span>
      {size && <Sized directory={directory} id={id} size={size} onEnded={onEnded} />}
    </div>
  );
}

/** How many characters fit; the same object while that has not changed. */
function measured(frame: HTMLElement, ruler: HTMLElement | null, known: Size | null): Size | null {
  const box = ruler?.getBoundingClientRect();
  const text = frame.querySelector('.terminal-text') ?? frame;
  if (!box || box.width === 0 || box.height === 0) return known;
  const columns = Math.max(20, Math.floor((text.clientWidth - 16) / (box.width / 20)));
  const rows = Math.max(4, Math.floor((text.clientHeight - 8) / box.height));
  return known?.columns === columns && known.rows === rows ? known : { columns, rows };
}

interface SizedProps {
  directory: string;
  id: string;
  size: Size;
  onEnded: () => void;
}

function Sized({ directory, id, size, onEnded }: SizedProps) {
  const { screen, state, send, resize } = useTerminal(directory, id, size);
  const box = useRef<HTMLTextAreaElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => resize(size), [size, resize]);
  useEffect(() => {
    if (state === 'ended') onEnded();
  }, [state, onEnded]);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn moves the end.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [screen]);
  const type = useCallback(
    (text: string) => {
      isAtEnd.current = true;
      send(text);
    },
    [send],
  );
  return (
    <>
      {state !== 'open' && (
        <p className="terminal-state" role="status">
          {state === 'ended' ? 'This terminal has ended.' : 'connecting to the terminal…'}
        </p>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a keyboard reaches the text box itself. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above. */}
      <div
        ref={scroller}
        className="terminal-text"
        data-testid="terminal"
        data-state={state}
        onScroll={({ currentTarget: it }) => {
          isAtEnd.current = it.scrollHeight - it.scrollTop - it.clientHeight <= near;
        }}
        onClick={() => {
          // Who selects does not want a keyboard.
          if (getSelection()?.isCollapsed !== false) box.current?.focus({ preventScroll: true });
        }}
      >
        {screen && <Text screen={screen} />}
        <textarea
          ref={box}
          className="terminal-box"
          aria-label="Terminal"
          autoCapitalize="none"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          rows={1}
        />
      </div>
      <Keyboard
        box={box}
        isApplication={screen?.isApplication ?? false}
        isBracketed={screen?.isBracketed ?? false}
        onSend={type}
      />
    </>
  );
}

function Text({ screen }: { screen: Screen }) {
  const { column, row } = screen.cursor;
  return (
    <pre>
      <History lines={screen.history} />
      {screen.lines.map((line, index) =>
        index === row ? (
          <CursorLine key={line.id} line={line} column={column} />
        ) : (
          <TextLine key={line.id} line={line} />
        ),
      )}
    </pre>
  );
}

/** It changes only when a line leaves the screen. */
const History = memo(({ lines }: { lines: readonly Line[] }) =>
  lines.map((line) => <TextLine key={line.id} line={line} />),
);

const TextLine = memo(({ line }: { line: Line }) => (
  <div className="terminal-line">
    {line.pieces.map((piece, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
      <PieceText key={index} {...piece} />
    ))}
    {'\n'}
  </div>
));

/** The cursor lies over its character: it is a place, not a piece of text. */
function CursorLine({ line, column }: { line: Line; column: number }) {
  return (
    <div className="terminal-line">
      <span className="terminal-cursor" style={{ left: `${column}ch` }} aria-hidden="true" />
      {line.pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
        <PieceText key={index} {...piece} />
      ))}
      {'\n'}
    </div>
  );
}
