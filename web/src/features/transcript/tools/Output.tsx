/** What a command said: as it comes, in its colours; of very much only the end, until all is asked for. */
import { memo, useMemo, useRef, useState } from 'react';
import { count } from '@/shared/format';
import { lastLines, outputLines, type StyledLine, styledLine } from '@/shared/terminal/output';
import { PieceText } from '@/shared/terminal/PieceText';
import { plain, type Style } from '@/shared/terminal/style';

/** Rendered as one: what has been said is not rendered again when more comes. */
const linesOfChunk = 100;

interface Chunk {
  text: string;
  begin: Style;
  lines: readonly StyledLine[];
}

export function Output({ output }: { output: string }) {
  const [isWhole, setWhole] = useState(false);
  const lines = useMemo(() => outputLines(output), [output]);
  const shown = isWhole ? { lines, hidden: 0 } : lastLines(lines);
  const chunks = useChunks(shown.lines);
  return (
    <>
      {shown.hidden > 0 && (
        <button type="button" className="text-link" onClick={() => setWhole(true)}>
          show all {count(lines.length)} lines
        </button>
      )}
      <div className="output">
        {chunks.map((chunk, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
          <ChunkLines key={index} lines={chunk.lines} />
        ))}
      </div>
    </>
  );
}

/** The lines in chunks; those that are as they were are the very same. */
function useChunks(lines: readonly string[]): readonly Chunk[] {
  const previous = useRef<readonly Chunk[]>([]);
  const chunks: Chunk[] = [];
  let begin = plain;
  for (let at = 0; at < lines.length; at += linesOfChunk) {
    const text = lines.slice(at, at + linesOfChunk).join('\n');
    const known = previous.current[chunks.length];
    const chunk = known?.text === text && known.begin === begin ? known : readChunk(text, begin);
    chunks.push(chunk);
    begin = chunk.lines.at(-1)?.end ?? plain;
  }
  previous.current = chunks;
  return chunks;
}

function readChunk(text: string, begin: Style): Chunk {
  let style = begin;
  const lines = text.split('\n').map((line) => {
    const styled = styledLine(line, style);
    style = styled.end;
    return styled;
  });
  return { text, begin, lines };
}

const ChunkLines = memo(({ lines }: { lines: readonly StyledLine[] }) => (
  <pre>
    {lines.map((line, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
      <span key={index}>
        {line.pieces.map((piece, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above.
          <PieceText key={at} {...piece} />
        ))}
        {index < lines.length - 1 && '\n'}
      </span>
    ))}
  </pre>
));
