// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEvents } from '@/features/events/store';
import type { Collected, Disk as DiskUsage, LoadSample, ProcessReport, Service } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { Disk } from './Disk';
import { Garbage } from './Garbage';
import { Load } from './Load';
import { Processes } from './Processes';
import { Services } from './Services';

withServer();

const usage: DiskUsage = {
  volume: {
    path: '/vol',
    total_bytes: 10_000_000_000,
    used_bytes: 4_000_000_000,
    available_bytes: 6_000_000_000,
  },
  repos: [{ name: 'demo/hello-web', path: '/vol/hello', size_bytes: 2_000_000 }],
  worktrees: [{ repo: 'demo/hello-web', session_id: 'ses_gone', path: '/vol/gone', size_bytes: 5_000_000 }],
  opencode: { path: '/vol/opencode', size_bytes: 3_000_000 },
  ocweb: { path: '/vol/ocweb', size_bytes: 1000 },
  measured_at: '2026-11-21T10:00:00Z',
};

beforeEach(() => useEvents.setState({ isKnown: true, chats: {} }));

describe('the disk', () => {
  it('is one bar whose parts add up, and a list by size', async () => {
    answers('get', '/admin/disk', () => usage);
    render(<Disk chatDeletion={() => null} />);
    const parts = await screen.findAllByTestId('disk-part');
    const sum = parts.reduce((total, { dataset }) => total + Number(dataset.bytes), 0);
    expect(sum).toBe(usage.volume.total_bytes);
    expect(screen.getByRole('img').getAttribute('aria-label')).toContain('working copies 5.0 MB');
    const kinds = screen.getAllByTestId('disk-item').map(({ dataset }) => dataset.kind);
    expect(kinds).toEqual(['worktree', 'opencode', 'clone', 'ocweb']);
  });

  it('loses a clone after a question, says so, and is measured anew', async () => {
    let repos = usage.repos;
    const measured: boolean[] = [];
    answers('get', '/admin/disk', ({ url }) => {
      measured.push(url.searchParams.get('refresh') === 'true');
      return { ...usage, repos };
    });
    answers('delete', '/admin/repos/{owner}/{name}', () => {
      repos = [];
      return { saved: [] };
    });
    render(<Disk chatDeletion={() => null} />);
    fireEvent.click(await screen.findByRole('button', { name: 'Delete the clone of demo/hello-web' }));
    const dialog = screen.getByRole('dialog', { name: 'Delete this clone?' });
    expect(dialog.textContent).toContain('cloned again when a chat needs it');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Delete' }));
    await expect
      .poll(() => screen.getByTestId('disk-outcome').textContent)
      .toBe('The clone of demo/hello-web is deleted.');
    expect(screen.queryByRole('button', { name: /Delete the clone/ })).toBeNull();
    expect(measured).toEqual([false, true]);
  });

  it('keeps a working copy until all that speaks against deleting it was shown and accepted', async () => {
    answers('get', '/admin/disk', () => usage);
    const uncommitted = (count: number) =>
      ({ kind: 'uncommitted-changes', count, detail: `${count} files are not committed` }) as const;
    const running = { kind: 'chat-running', count: 1, detail: 'an agent is at work there' } as const;
    const refusal = { status: 409, type: 'deletion-refused', title: 'Refused', detail: 'It is not deleted.' };
    const address = '/admin/worktrees/{owner}/{name}/{session_id}';
    refuses('delete', address, { ...refusal, reasons: [uncommitted(2)] });
    render(<Disk chatDeletion={() => null} />);
    fireEvent.click(await screen.findByRole('button', { name: 'Delete the working copy of ses_gone' }));
    fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
    const shown = () => screen.queryAllByTestId('delete-reason').map((reason) => reason.textContent);
    await expect.poll(shown).toEqual(['2 files are not committed']);
    // An agent has begun meanwhile.
    refuses('delete', address, { ...refusal, reasons: [uncommitted(2), running] });
    fireEvent.click(screen.getByRole('button', { name: 'Delete anyway' }));
    await expect.poll(shown).toEqual(['2 files are not committed', 'new: an agent is at work there']);
    let accepted: string | null = null;
    answers('delete', address, ({ url }) => {
      accepted = url.searchParams.get('accept');
      return { saved: [] };
    });
    fireEvent.click(screen.getByRole('button', { name: 'Delete anyway' }));
    await expect.poll(() => accepted).toBe('uncommitted-changes:2,chat-running:1');
    await expect.poll(() => screen.getByTestId('disk-outcome').textContent).toContain('ses_gone is deleted');
  });
});

describe('memory and load', () => {
  const sample: LoadSample = {
    at: new Date(Date.now() - 60_000).toISOString(),
    memory_used_bytes: 612_000_000,
    memory_total_bytes: 1_000_000_000,
    load_1: 0.25,
    disk_available_bytes: 1,
    opencode_memory_bytes: 312_000_000,
  };

  it('are drawn, and said in words', async () => {
    const asked: (string | null)[] = [];
    answers('get', '/admin/load', ({ url }) => {
      asked.push(url.searchParams.get('hours'));
      return { interval_seconds: 60, samples: [sample] };
    });
    render(<Load />);
    const [memory, load] = await screen.findAllByTestId('load-chart');
    expect(memory?.textContent).toContain('612 MB of 1.0 GB now');
    expect(memory?.textContent).toContain('opencode 312 MB now');
    expect(memory?.querySelectorAll('path[d^="M"]')).toHaveLength(2);
    expect(load?.querySelector('svg')?.getAttribute('aria-label')).toContain('0.3 now');
    fireEvent.click(screen.getByRole('button', { name: '24 hours' }));
    await expect.poll(() => asked).toEqual(['6', '24']);
  });

  it('say when nothing is measured yet', async () => {
    answers('get', '/admin/load', () => ({ interval_seconds: 60, samples: [] }));
    render(<Load />);
    await screen.findByText('Nothing is measured yet.');
  });
});

describe('the processes', () => {
  const process: ProcessReport = {
    pid: 12,
    start_time: 99,
    started_at: '2026-11-21T10:00:00Z',
    age_seconds: 300,
    command: 'sleep 987',
    directory: '/vol',
    memory_bytes: 1_000_000,
    repo: 'demo/hello-web',
    session_id: 'ses_1',
    service: null,
    orphan: true,
  };
  const processes = [
    process,
    { ...process, pid: 13, command: 'npm test', orphan: false },
    { ...process, pid: 14, command: 'ocweb-auth', orphan: false, service: 'auth', session_id: null },
  ];

  it('of the agents are listed with their chat; only those left behind can be ended', async () => {
    answers('get', '/admin/processes', () => ({ processes }));
    render(<Processes />);
    const rows = await screen.findAllByTestId('process');
    expect(rows.map(({ dataset }) => dataset.pid)).toEqual(['12', '13']);
    expect(screen.getAllByRole('button').map((button) => button.getAttribute('aria-label'))).toEqual([
      'End process 12',
    ]);
    expect(
      within(rows[1] ?? document.body)
        .getByRole('link')
        .getAttribute('href'),
    ).toBe('/chat/ses_1');
  });

  it('are ended after a question, and what became of it is said', async () => {
    answers('get', '/admin/processes', () => ({ processes }));
    let body: unknown = null;
    answers('post', '/admin/processes/{pid}/kill', (asked) => {
      body = asked.body;
      return { pid: 12, ended_by: 'kill' };
    });
    render(<Processes />);
    fireEvent.click(await screen.findByRole('button', { name: 'End process 12' }));
    const dialog = screen.getByRole('dialog', { name: 'End this process?' });
    expect(dialog.textContent).toContain('forced after three seconds');
    expect(body).toBeNull();
    fireEvent.click(within(dialog).getByRole('button', { name: 'End it' }));
    await expect
      .poll(() => screen.getByTestId('process-outcome').textContent)
      .toBe('Process 12 did not end when it was asked to, and was forced.');
    expect(body).toEqual({ start_time: 99 });
  });

  it('that could not be ended say why', async () => {
    answers('get', '/admin/processes', () => ({ processes }));
    refuses('post', '/admin/processes/{pid}/kill', {
      status: 409,
      title: 'Another process',
      detail: 'Another process has this number now; load the list again.',
    });
    render(<Processes />);
    fireEvent.click(await screen.findByRole('button', { name: 'End process 12' }));
    fireEvent.click(screen.getByRole('button', { name: 'End it' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Another process has this number');
  });
});

describe('the services', () => {
  const service: Service = {
    name: 'opencode',
    pid: 7,
    state: 'running',
    restarts: 0,
    memory_bytes: 300_000_000,
    started_at: '2026-11-21T10:00:00Z',
    last_exit: null,
    next_start_at: null,
  };

  it('say what each is there for, and of one that failed why and when it is tried again', async () => {
    const last_exit = {
      at: '2026-11-21T10:00:00Z',
      code: 1,
      signal: null,
      message: 'it ended with code 1: no room',
    };
    const failed = { ...service, state: 'failed', pid: null, memory_bytes: null, started_at: null } as const;
    answers('get', '/admin/services', () => ({
      services: [
        { ...service, last_exit },
        { ...failed, name: 'notifier', last_exit, next_start_at: '2026-11-21T10:05:00Z' },
      ],
    }));
    render(<Services />);
    const rowOf = async (name: string) =>
      (await screen.findByRole('button', { name: `Restart ${name}` })).parentElement;
    const [well, ill] = [await rowOf('opencode'), await rowOf('notifier')];
    expect(well?.textContent).toContain('runs the agents');
    expect(well?.textContent).not.toContain('no room');
    expect(ill?.textContent).toMatch(
      /^notifiernotifications.*it ended with code 1: no roomis started again at .*05.*failed/,
    );
  });

  it('are restarted one by one, after it was said what that cuts off', async () => {
    answers('get', '/admin/services', () => ({
      services: [service],
    }));
    let restarted = '';
    answers('post', '/admin/services/{name}/restart', ({ url }) => {
      restarted = url.pathname;
      return undefined;
    });
    render(<Services />);
    fireEvent.click(await screen.findByRole('button', { name: 'Restart opencode' }));
    const dialog = screen.getByRole('dialog', { name: 'Restart opencode?' });
    expect(dialog.textContent).toContain('cut off');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Restart it' }));
    await expect.poll(() => restarted).toContain('/admin/services/opencode/restart');
    await expect.poll(() => screen.queryByRole('dialog')).toBeNull();
  });
});

describe('cleaning up', () => {
  const collected: Collected = {
    removed: [
      {
        kind: 'worktree',
        repo: 'demo/hello-web',
        session_id: 'ses_gone',
        path: '/vol/gone',
        reason: 'Its chat is gone.',
      },
    ],
    refused: [
      {
        kind: 'branch',
        repo: 'demo/hello-web',
        session_id: null,
        path: '/vol/hello',
        reason: '1 commit is not pushed.',
      },
    ],
  };

  it('says first what would go and what stays, and then what went', async () => {
    const trials: unknown[] = [];
    answers('get', '/admin/disk', () => usage);
    answers('post', '/admin/gc', ({ body }) => {
      trials.push(body);
      return collected;
    });
    render(
      <>
        <Disk chatDeletion={() => null} />
        <Garbage />
      </>,
    );
    await screen.findByTestId('disk-chart');
    fireEvent.click(screen.getByRole('button', { name: 'Clean up what is stale' }));
    const run = await screen.findByRole('button', { name: 'Remove 1 thing' });
    const dialog = screen.getByRole('dialog', { name: 'Clean up' });
    expect(dialog.textContent).toMatch(
      /would go.*5\.0 MB.*ses_gone.*Its chat is gone\..*stays.*1 commit is not pushed\./,
    );
    expect(trials).toEqual([{ dry_run: true }]);
    fireEvent.click(run);
    expect((await screen.findByText(/1 thing removed, 1 thing kept\./)).getAttribute('role')).toBe('status');
    expect(trials).toEqual([{ dry_run: true }, { dry_run: false }]);
  });

  it('has nothing to run when nothing is stale', async () => {
    answers('post', '/admin/gc', () => ({ removed: [], refused: [] }));
    render(<Garbage />);
    fireEvent.click(screen.getByRole('button', { name: 'Clean up what is stale' }));
    await screen.findByText('Nothing is stale that could go.');
    expect(screen.queryByRole('button', { name: /^Remove/ })).toBeNull();
  });
});
