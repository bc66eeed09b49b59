import { describe, expect, it } from 'vitest';
import { joinDeltas, readEvent, type StreamEvent } from './event';
import { createParser } from './parser';
import { recordedEvents, recordedStream } from './recording';

describe('the parser', () => {
  it('finds the same events whatever the size of the pieces', () => {
    const whole = createParser().push(recordedStream);
    expect(whole.length).toBeGreaterThan(80);
    for (const size of [1, 7, 100, 4096]) {
      const parser = createParser();
      const pieces: string[] = [];
      for (let at = 0; at < recordedStream.length; at += size) {
        pieces.push(...parser.push(recordedStream.slice(at, at + size)));
      }
      expect(pieces).toEqual(whole);
    }
  });

  it('reads CR LF, comments and data of several lines', () => {
    expect(createParser().push(': hello\r\ndata: a\r\ndata:b\r\nid: 3\r\n\r\n')).toEqual(['a\nb']);
  });

  it('holds an event back until it is complete', () => {
    const parser = createParser();
    expect(parser.push('data: {"a"')).toEqual([]);
    expect(parser.push(':1}\n')).toEqual([]);
    expect(parser.push('\n')).toEqual(['{"a":1}']);
  });
});

describe('readEvent', () => {
  it('drops the twins that opencode sends of each durable event', () => {
    const twins = createParser()
      .push(recordedStream)
      .filter((data) => data.includes('"type":"sync"'));
    expect(twins.length).toBeGreaterThan(20);
    expect(twins.map(readEvent)).toEqual(twins.map(() => null));
    expect(new Set(recordedEvents.map((event) => event.id)).size).toBe(recordedEvents.length);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"payload":null}',
    '{"payload":{"type":"session.status"}}',
    '{"payload":{"type":"tui.toast.show","properties":{}}}',
  ])('ignores %s', (data) => expect(readEvent(data)).toBeNull());

  it('does not mistake a text about sync for a twin', () => {
    const data = JSON.stringify({
      directory: '/d',
      payload: { id: 'evt_1', type: 'message.part.delta', properties: { delta: '"payload":{"type":"sync"' } },
    });
    expect(readEvent(data)?.type).toBe('message.part.delta');
  });
});

describe('joinDeltas', () => {
  const delta = (partID: string, text: string) =>
    ({
      type: 'message.part.delta',
      directory: '',
      properties: { partID, field: 'text', delta: text },
    }) as StreamEvent;

  it('joins neighbours of one part and keeps the order of all', () => {
    const joined = joinDeltas([delta('a', '1'), delta('a', '2'), delta('b', '3'), delta('a', '4')]);
    expect(joined.map((event) => 'delta' in event.properties && event.properties.delta)).toEqual([
      '12',
      '3',
      '4',
    ]);
  });

  it('leaves its input alone', () => {
    const events = [delta('a', '1'), delta('a', '2')];
    joinDeltas(events);
    expect(events).toEqual([delta('a', '1'), delta('a', '2')]);
  });
});
