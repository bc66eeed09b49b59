// @vitest-environment happy-dom
// Parts as no opencode should tell them: each is shown as well as it can be, and nothing around it is lost.
import { screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Entry, emptyTranscript, type Transcript } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import type { AssistantMessage, Part } from '@/shared/api/opencode';
import { render } from '@/testing/render';
import { opencodeAnswers, withServer } from '@/testing/server';
import { Messages } from './Messages';
import { PinnedTodos } from './PinnedTodos';
import { textOf } from './points';

withServer();
// React tells of every error that a boundary caught.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const info: AssistantMessage = {
  id: 'msg_1',
  sessionID: 'ses_1',
  role: 'assistant',
  parentID: 'msg_0',
  modelID: 'm',
  providerID: 'p',
  mode: 'build',
  agent: 'build',
  path: { cwd: '/w', root: '/w' },
  cost: 0,
  tokens: { input: 1, output: 1, reasoning: 0, cache: { read: 0, write: 0 } },
  time: { created: 1, completed: 2 },
};

/** What no part may hold anywhere, and yet some do. */
const odd: readonly unknown[] = [
  null,
  7,
  'text',
  [null, 1, 'x', [], {}],
  { question: 1, options: 'x', content: {}, status: [] },
];

const tools = [
  'bash',
  'edit',
  'write',
  'apply_patch',
  'todowrite',
  'task',
  'question',
  'read',
  'grep',
  'glob',
  'list',
  'webfetch',
  'skill',
  'lsp',
  'server_unknown',
];
const names = [
  'command',
  'filePath',
  'content',
  'oldString',
  'todos',
  'questions',
  'path',
  'pattern',
  'description',
];

/** Calls of a tool that are damaged in one place each. */
function calls(tool: string): unknown[] {
  const time = { start: 1, end: 2 };
  const sound = { status: 'completed', input: {}, output: 'x', title: 't', metadata: {}, time };
  const states = odd.flatMap((value) => [
    value,
    ...['input', 'output', 'title', 'time', 'attachments', 'metadata', 'status'].map((name) => ({
      ...sound,
      [name]: value,
    })),
    { ...sound, metadata: { output: value, diff: value, files: value, answers: value, exit: value } },
    { ...sound, input: Object.fromEntries(names.map((name) => [name, value])) },
    { ...sound, input: { todos: [value], questions: [value] } },
    { status: 'error', input: value, error: value, time },
    { status: 'running', input: value, metadata: value, time },
    { status: 'pending', input: value },
  ]);
  return states.map((state) => ({ type: 'tool', tool, state }));
}

const types = ['text', 'reasoning', 'retry', 'subtask', 'file', 'unheard-of'];
const others: readonly unknown[] = [
  ...types.flatMap((type) =>
    odd.map((value) => ({ type, text: value, time: value, error: value, agent: value, description: value })),
  ),
  ...odd.map((type) => ({ type })),
  ...odd.map((tool) => ({ type: 'tool', tool, state: {} })),
];

const sound = { id: 'prt_sound', type: 'text', text: 'what is sound stays' };

/** An answer with these parts after one that is sound. */
function answer(parts: readonly unknown[], changed: object = {}): Entry {
  const damaged = parts.map((part, index) => ({ id: `prt_${index}`, ...(part as object) }));
  return { info: { ...info, ...changed } as AssistantMessage, parts: [sound, ...damaged] as Part[] };
}

function show(entry: Entry, isCutOff = false) {
  const next: Entry = { info: { ...info, id: 'msg_2' }, parts: [{ ...sound, text: 'the next' } as Part] };
  const transcript: Transcript = {
    ...emptyTranscript,
    loaded: true,
    order: ['msg_1', 'msg_2'],
    entries: { msg_1: entry, msg_2: next },
    interrupted: isCutOff ? { msg_1: true } : {},
  };
  useEvents.setState({ transcripts: { ses_1: transcript } });
  return render(
    <>
      <PinnedTodos session="ses_1" directory="/w" />
      <Messages session="ses_1" directory="/w" />
    </>,
  );
}

describe('what is damaged takes nothing else with it', () => {
  it.each([...tools.map((tool) => [tool, calls(tool)] as const), ['other parts', others] as const])(
    '%s',
    (_, parts) => {
      for (const isCutOff of [false, true]) {
        const entry = answer(parts, isCutOff ? { time: { created: 1 } } : {});
        const { unmount } = show(entry, isCutOff);
        screen.getByText('what is sound stays');
        screen.getByText('the next');
        // Of what is to be copied, too.
        expect(textOf(entry)).toContain('what is sound stays');
        expect(textOf({ ...entry, parts: entry.parts.slice(1) })).not.toBe('');
        unmount();
      }
    },
  );

  it('a message', () => {
    show(answer([], { tokens: null }));
    screen.getByText('this message could not be shown');
    screen.getByText('the next');
  });

  it('the todo list that is pinned', () => {
    const sound = { content: 'build it', status: 'pending' };
    useEvents.setState({ transcripts: { ses_1: { ...emptyTranscript, before: 'earlier' } } });
    opencodeAnswers('get', '/session/ses_1/todo', [sound, { content: {}, status: 1 }, 'x']);
    render(<PinnedTodos session="ses_1" directory="/w" />);
    return screen.findByText('build it');
  });
});

it('what could not be shown says so, with its raw text to copy', () => {
  show(answer([{ type: 'text', text: { not: 'a text' } }]));
  screen.getByText('this part could not be shown');
  screen.getByText(/"not": "a text"/);
  screen.getByRole('button', { name: 'Copy the raw text of the part' });
});

it('a list or questions of another form are shown by name and value', () => {
  const state = { status: 'completed', output: 'ok', title: '', metadata: {}, time: { start: 1, end: 2 } };
  show(
    answer([
      { type: 'tool', tool: 'todowrite', state: { ...state, input: { todos: [{ content: 7 }] } } },
      { type: 'tool', tool: 'question', state: { ...state, input: { questions: 'Which one?' } } },
    ]),
  );
  screen.getByText(/"content": 7/);
  screen.getByText('Which one?');
  expect(screen.queryByTestId('unshown')).toBeNull();
});
