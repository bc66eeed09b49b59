import { beforeEach, describe, expect, it } from 'vitest';
import { createOverlays } from './overlay';

/** A browser's history: a step back takes effect later, and is then told. */
class FakeHistory {
  entries: { path: string; state: unknown }[] = [{ path: '/chat/1', state: null }];
  at = 0;
  private tasks: (() => void)[] = [];
  overlays = createOverlays({
    history: this,
    navigate: (to, { replace, state = null }) => {
      if (!replace) this.at += 1;
      this.entries.splice(this.at, this.entries.length, { path: to, state });
    },
    later: (act) => void this.tasks.push(act),
    after: () => undefined,
  });

  get state(): unknown {
    return this.entries[this.at]?.state;
  }
  get path(): string {
    return this.entries[this.at]?.path ?? '';
  }
  pushState(state: unknown): void {
    this.entries.splice(this.at + 1, this.entries.length, { path: this.path, state });
    this.at += 1;
  }
  back(): void {
    this.tasks.push(() => {
      this.at -= 1;
      this.overlays.popped();
    });
  }
  /** Lets happen what is under way. */
  settle(): void {
    for (let task = this.tasks.shift(); task; task = this.tasks.shift()) task();
  }
  /** The reader's own step back. */
  goBack(): void {
    this.back();
    this.settle();
  }
  get depth(): number {
    return this.at;
  }
}

let browser: FakeHistory;
let closed: string[];
beforeEach(() => {
  browser = new FakeHistory();
  closed = [];
});

function open(name: string): () => void {
  const release: () => void = browser.overlays.add(() => {
    closed.push(name);
    release();
  });
  return release;
}

describe('what lies over the page', () => {
  it('is closed by "back", and the page stays', () => {
    open('sheet');
    browser.settle();
    expect(browser.depth).toBe(1);
    browser.goBack();
    expect(closed).toEqual(['sheet']);
    expect(browser.depth).toBe(0);
  });

  it('leaves no entry behind when it is closed in another way', () => {
    const release = open('sheet');
    browser.settle();
    release();
    browser.settle();
    expect(browser.depth).toBe(0);
    expect(closed).toEqual([]);
  });

  it('keeps its entry where one sheet follows another', () => {
    const release = open('menu');
    browser.settle();
    release();
    open('rename');
    browser.settle();
    expect(browser.depth).toBe(1);
    browser.goBack();
    expect(closed).toEqual(['rename']);
  });

  it('is closed one by one', () => {
    open('drawer');
    open('sheet');
    browser.settle();
    browser.goBack();
    expect(closed).toEqual(['sheet']);
    browser.goBack();
    expect(closed).toEqual(['sheet', 'drawer']);
    expect(browser.depth).toBe(0);
  });

  it('gives its entry to the page that is gone to from it', () => {
    const release = open('drawer');
    browser.settle();
    browser.overlays.goTo('/chat/2');
    release();
    browser.settle();
    expect(browser.path).toBe('/chat/2');
    expect(browser.entries).toHaveLength(2);
    browser.goBack();
    expect(browser.path).toBe('/chat/1');
    expect(closed).toEqual([]);
  });

  it('is not what a replacing navigation replaces', () => {
    const release = open('delete');
    browser.settle();
    browser.overlays.goTo('/new', { replace: true });
    release();
    browser.settle();
    expect(browser.path).toBe('/new');
    expect(browser.depth).toBe(0);
  });

  it('does not take away the page that is gone to while it is closing', () => {
    const release = open('sheet');
    browser.settle();
    release();
    // The step back is asked for, and has not been taken.
    browser.overlays.goTo('/chat/2');
    browser.settle();
    expect(browser.path).toBe('/chat/2');
    expect(browser.depth).toBe(1);
    browser.goBack();
    expect(browser.path).toBe('/chat/1');
  });

  it('is not there after a reload: neither is its entry', () => {
    browser.pushState({ ocweb: 'overlay' });
    open('sheet')();
    browser.settle();
    expect(browser.depth).toBe(0);
  });
});
