import { describe, expect, it } from 'vitest';
import { plainOutput } from './tool';

describe('plainOutput', () => {
  it('removes colours, titles and cursor moves', () => {
    expect(plainOutput('\u001b[1;32mok\u001b[0m \u001b]0;title\u0007done\u001b[2K')).toBe('ok done');
  });

  it('shows a line that was overwritten as it ended', () => {
    expect(plainOutput('10%\r50%\r100%\r\nnext\r\n')).toBe('100%\nnext\n');
  });

  it('leaves ordinary text alone', () => expect(plainOutput('a [1] b\n\tc')).toBe('a [1] b\n\tc'));
});
