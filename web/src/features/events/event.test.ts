import { describe, expect, it } from 'vitest';
import { readEvent, readPosition } from './event';
import { createParser } from './parser';
import { recordedStream } from './recording';

describe('the parser', () => {
  const numbered = recordedStream
    .split('\n\n')
    .map((frame, index) => (index % 3 === 0 ? frame : `id: e1-${index}\n${frame}`))
    .join('\n\n');

  it('finds the same frames whatever the size of the pieces', () => {
    const whole = createParser().push(numbered);
    expect(whole.length).toBeGreaterThan(80);
    expect(whole[1]?.id).toBe('e1-1');
    expect(whole[3]?.id).toBeNull();
    for (const size of [1, 7, 100, 4096]) {
      const parser = createParser();
      const pieces = [];
      for (let at = 0; at < numbered.length; at += size) {
        pieces.push(...parser.push(numbered.slice(at, at + size)));
      }
      expect(pieces).toEqual(whole);
    }
  });

  it('reads CR LF, comments and data of several lines', () => {
    expect(createParser().push(': hello\r\ndata: a\r\ndata:b\r\nid: e-3\r\n\r\n')).toEqual([
      { id: 'e-3', data: 'a\nb' },
    ]);
  });

  it('holds a frame back until it is complete', () => {
    const parser = createParser();
    expect(parser.push('data: {"a"')).toEqual([]);
    expect(parser.push(':1}\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ id: null, data: '{"a":1}' }]);
  });
});

describe('readEvent', () => {
  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"payload":null}',
    '{"type":"message.updated"}',
    '{"type":"message.updated","properties":null}',
    '{"type":"tui.toast.show","properties":{}}',
  ])('ignores %s', (data) => expect(readEvent({ id: 'e-1', data })).toBeNull());

  it('reads an event with its number, and a heartbeat without', () => {
    expect(readEvent({ id: 'a-b-12', data: '{"type":"chat_removed","id":"ses_1"}' })).toEqual({
      at: { epoch: 'a-b', count: 12 },
      event: { type: 'chat_removed', id: 'ses_1' },
    });
    const heartbeat = { type: 'heartbeat', within_ms: 2000 };
    expect(readEvent({ id: null, data: JSON.stringify(heartbeat) })).toEqual({ at: null, event: heartbeat });
  });
});

describe('readPosition', () => {
  it.each([null, '', 'e', '-1', 'e-', 'e-x', `e-${'9'.repeat(20)}`])('does not take %s', (text) =>
    expect(readPosition(text)).toBeNull(),
  );
});
