/** Splits a server-sent event stream, which arrives in pieces of any size, into its frames. */

export interface Frame {
  /** The `id:` line's content; null where there is none. */
  id: string | null;
  data: string;
}

export interface FrameParser {
  /** Takes the next piece of text and returns the frames that it completed. */
  push(text: string): Frame[];
}

export function createParser(): FrameParser {
  let rest = '';
  let id: string | null = null;
  let data: string[] = [];
  return {
    push(text) {
      const complete: Frame[] = [];
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const raw of lines) {
        const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
        if (line === '') {
          if (data.length > 0) complete.push({ id, data: data.join('\n') });
          id = null;
          data = [];
        } else if (line.startsWith('data:')) {
          data.push(content(line, 5));
        } else if (line.startsWith('id:')) {
          id = content(line, 3);
        }
      }
      return complete;
    },
  };
}

function content(line: string, colon: number): string {
  return line.slice(line[colon] === ' ' ? colon + 1 : colon);
}
