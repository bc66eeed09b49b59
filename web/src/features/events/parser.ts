/** Splits a server-sent event stream, which arrives in pieces of any size, into the content of its events. */

export interface LineParser {
  /** Takes the next piece of text and returns the `data` of each event that it completed. */
  push(text: string): string[];
}

export function createParser(): LineParser {
  let rest = '';
  let data: string[] = [];
  return {
    push(text) {
      const complete: string[] = [];
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const raw of lines) {
        const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
        if (line === '') {
          if (data.length > 0) complete.push(data.join('\n'));
          data = [];
        } else if (line.startsWith('data:')) {
          data.push(line.startsWith('data: ') ? line.slice(6) : line.slice(5));
        }
      }
      return complete;
    },
  };
}
