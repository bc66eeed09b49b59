import { describe, expect, it } from 'vitest';
import { newMessageId, newSessionId } from './identifier';

describe('newMessageId', () => {
  // As opencode itself made one: msg_1fc3b63c4001… at this time.
  const time = 1795233113028;

  it('looks as opencode makes them', () => {
    expect(newMessageId(time, undefined)).toMatch(/^msg_1fc3b63c4000[0-9A-Za-z]{14}$/);
  });

  it('sorts after the last message, also when the clock is behind', () => {
    const last = newMessageId(time, undefined);
    expect(newMessageId(time - 3_600_000, last) > last).toBe(true);
    expect(newMessageId(time, last) > last).toBe(true);
    expect(newMessageId(time + 1, last) > last).toBe(true);
  });

  it('does not mind an id of another form', () => {
    expect(newMessageId(time, 'msg_zzz')).toMatch(/^msg_1fc3b63c4000/);
  });
});

describe('newSessionId', () => {
  it('looks as opencode makes them: the newer sorts first', () => {
    // As opencode itself made one at this time: ses_e03a0b85effe…
    const time = 1795235465122;
    expect(newSessionId(time)).toMatch(/^ses_e03a0b85dfff[0-9A-Za-z]{14}$/);
    expect(newSessionId(time + 1) < newSessionId(time)).toBe(true);
  });
});
