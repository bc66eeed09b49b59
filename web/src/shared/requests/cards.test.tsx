// @vitest-environment happy-dom
import { act, createEvent, fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PendingPermission, PendingQuestion, PendingRequest } from '@/shared/api/relay';
import { render } from '@/testing/render';
import { answers, opencodeAnswers, refuses, withServer } from '@/testing/server';
import Requests from './Requests';
import { settleTime } from './useTapGuard';

withServer();
// The clock can be moved by hand.
beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], shouldAdvanceTime: true }),
);
afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
});

const common = {
  chat_id: 'ses_1',
  session_id: 'ses_1',
  directory: '/w',
  asked_at: '2026-11-21T10:00:00Z',
  summary: '',
};

function permission(id: string, command: string): PendingPermission {
  const details = { id, sessionID: 'ses_1', permission: 'bash', patterns: [command], metadata: { command } };
  return { ...common, id, kind: 'permission', details: { ...details, always: ['rm *', 'ls *'] } };
}

const question: PendingQuestion = {
  ...common,
  id: 'que_1',
  kind: 'question',
  details: {
    id: 'que_1',
    sessionID: 'ses_1',
    questions: [
      { header: 'One', question: 'Which?', options: [{ label: 'a', description: '' }] },
      { header: 'Two', question: 'And?', options: [{ label: 'b', description: '' }], multiple: true },
    ],
  },
};

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });
/** Whether it takes no tap, by itself or with those around it. */
const isOff = (name: string) => button(name).disabled || button(name).closest('fieldset')?.disabled === true;
const settle = () => act(() => vi.advanceTimersByTime(settleTime));

/** What is answered, one after the other. */
function listen(): unknown[] {
  const told: unknown[] = [];
  answers('post', '/admin/inbox/{id}/answer', ({ body, url }) => {
    told.push([url.pathname.split('/')[3], body]);
    return undefined;
  });
  return told;
}

async function show(...requests: PendingRequest[]) {
  const view = render(<Requests requests={requests} />);
  return { show: (...others: PendingRequest[]) => view.rerender(<Requests requests={others} />) };
}

describe('a permission', () => {
  it('says what it is and exactly what “always” will allow', async () => {
    const told = listen();
    await show(permission('per_1', 'rm -rf a && ls'));
    expect(screen.getByText('rm -rf a && ls')).toBeTruthy();
    const always = button(/^Always allow/);
    expect([...always.querySelectorAll('code')].map((code) => code.textContent)).toEqual([
      'bash rm *',
      'bash ls *',
    ]);
    settle();
    fireEvent.click(always);
    await expect.poll(() => told).toEqual([['per_1', { reply: 'always' }]]);
  });

  it('is rejected with words, if there are any', async () => {
    const told = listen();
    await show(permission('per_1', 'rm a'));
    settle();
    fireEvent.click(button('Say what instead'));
    expect(button('Reject and say so').disabled).toBe(true);
    fireEvent.change(screen.getByRole('textbox'), { target: { value: ' move it to b ' } });
    settle();
    fireEvent.click(button('Reject and say so'));
    await expect.poll(() => told).toEqual([['per_1', { reply: 'reject', message: 'move it to b' }]]);
  });

  it('stays to be answered when the answer does not arrive', async () => {
    refuses('post', '/admin/inbox/{id}/answer', {
      status: 503,
      title: 'Away',
      detail: 'opencode does not answer.',
    });
    await show(permission('per_1', 'rm a'));
    settle();
    fireEvent.click(button('Allow once'));
    expect((await screen.findByRole('alert')).textContent).toContain('opencode does not answer.');
    expect(button('Allow once').disabled).toBe(false);
  });

  it('names the subagent that asks', async () => {
    opencodeAnswers('get', '/session/ses_2', { id: 'ses_2', title: 'Look around' });
    await show({ ...permission('per_1', 'rm a'), session_id: 'ses_2' });
    expect(await screen.findByText(/asked by subagent “Look around”/)).toBeTruthy();
  });
});

describe('a tap', () => {
  it('that comes as the card does is not taken', async () => {
    const told = listen();
    const { show: change } = await show(permission('per_1', 'rm a'));
    expect(isOff('Allow once')).toBe(true);
    settle();
    expect(isOff('Allow once')).toBe(false);
    // The next one stands in its place: the second tap of two was not meant for it.
    change(permission('per_2', 'rm b'));
    expect(isOff('Allow once')).toBe(true);
    fireEvent.click(button('Allow once'));
    expect(told).toEqual([]);
  });

  it('that was made before, but is heard after it, is not taken either', async () => {
    const told = listen();
    await show(permission('per_1', 'rm a'));
    const early = performance.now() + settleTime - 1;
    settle();
    const tap = createEvent.click(button('Allow once'));
    Object.defineProperty(tap, 'timeStamp', { value: early });
    fireEvent(button('Allow once'), tap);
    expect(button('Allow once').disabled).toBe(false);
    expect(told).toEqual([]);
  });
});

it('shows several one at a time, and goes on with what is left', async () => {
  const requests = [permission('per_1', 'rm a'), permission('per_2', 'rm b'), question];
  const { show: change } = await show(...requests);
  expect(screen.getByRole('status').textContent).toBe('1 of 3 that wait for an answer');
  fireEvent.click(button('Next'));
  expect(screen.getByText('rm b')).toBeTruthy();
  change(...requests.slice(0, 1), question);
  expect(screen.getByText('rm a')).toBeTruthy();
  change(question);
  expect(screen.queryByText(/that wait for an answer/)).toBeNull();
  expect(screen.getByText('Which?')).toBeTruthy();
});

it('asks several questions one by one', async () => {
  const told = listen();
  await show(question);
  settle();
  expect(screen.getByText('question 1 of 2')).toBeTruthy();
  expect(button('Next question').disabled).toBe(true);
  fireEvent.click(screen.getByRole('radio', { name: 'a' }));
  fireEvent.click(button('Next question'));
  settle();
  fireEvent.click(screen.getByRole('checkbox', { name: 'b' }));
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'and more' } });
  fireEvent.click(button('Back'));
  settle();
  expect(screen.getByRole('radio', { name: 'a' }).getAttribute('aria-checked')).toBe('true');
  fireEvent.click(button('Next question'));
  settle();
  fireEvent.click(button('Answer'));
  await expect.poll(() => told).toEqual([['que_1', { answers: [['a'], ['b', 'and more']] }]]);
});

it('a request of another form is shown raw, and the page stays', () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const damaged = { ...question, details: { ...question.details, questions: [{ question: 'Which?' }] } };
  render(<Requests requests={[damaged as PendingQuestion]} />);
  screen.getByText('this request could not be shown');
  logged.mockRestore();
});

describe('an answer that is half given', () => {
  it('is there again after another card, and after a reload, until it is answered', async () => {
    listen();
    const requests = [question, permission('per_1', 'rm a')];
    const first = render(<Requests requests={requests} />);
    settle();
    fireEvent.click(screen.getByRole('radio', { name: 'a' }));
    fireEvent.click(button('Next question'));
    settle();
    fireEvent.change(screen.getByRole('textbox'), { target: { value: 'half a thought' } });
    fireEvent.click(button('Next'));
    settle();
    fireEvent.click(button('Say what instead'));
    fireEvent.change(screen.getByRole('textbox'), { target: { value: 'move it' } });
    fireEvent.click(button('Next'));
    expect(screen.getByText('question 2 of 2')).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('textbox').value).toBe('half a thought');
    first.unmount();

    render(<Requests requests={requests} />);
    expect(screen.getByRole<HTMLInputElement>('textbox').value).toBe('half a thought');
    settle();
    fireEvent.click(button('Back'));
    expect(screen.getByRole('radio', { name: 'a' }).getAttribute('aria-checked')).toBe('true');
    fireEvent.click(button('Next'));
    settle();
    expect(screen.getByRole<HTMLTextAreaElement>('textbox').value).toBe('move it');
    fireEvent.click(button('Reject and say so'));
    await expect.poll(() => localStorage.getItem('ocweb.answers')).not.toContain('move it');
    expect(localStorage.getItem('ocweb.answers')).toContain('half a thought');
  });

  it('of another form, or to other questions, is no answer', async () => {
    for (const kept of [{ step: 5 }, { step: 0, choices: [] }, 'x', { step: 0, choices: [1, 2] }]) {
      localStorage.setItem('ocweb.answers', JSON.stringify([['que_1', kept]]));
      const { unmount } = render(<Requests requests={[question]} />);
      expect(screen.getByText('question 1 of 2')).toBeTruthy();
      unmount();
    }
  });
});
