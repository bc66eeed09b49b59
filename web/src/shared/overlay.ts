/**
 * What lies over the page (a sheet, the drawer, a picture on the full screen) is closed by "back" before the page is
 * left: by Android's gesture, iOS's swipe from the edge and the browser's button alike.
 *
 * While anything is open, one entry of its own stands on top of the history. "Back" takes it away, which closes what
 * is uppermost; what is closed in another way takes it away itself. This is the only place that makes such entries,
 * so whoever navigates must do it by `goTo`. The browser is a parameter; the page's own is in `ui/useOverlay.ts`.
 */
export interface NavigateOptions {
  replace?: boolean;
  state?: unknown;
}

/** What is needed of the browser. */
export interface Browser {
  readonly history: Pick<History, 'state' | 'pushState' | 'back'>;
  /** Changes the address, and tells the router. */
  navigate(to: string, options: NavigateOptions): void;
  /** Calls back when everything that happens now has happened. */
  later(act: () => void): void;
  /** Calls back after so many milliseconds. */
  after(milliseconds: number, act: () => void): void;
}

interface Overlay {
  close(): void;
}

const guard = { ocweb: 'overlay' } as const;
/** A step back that is not told by then did not happen. */
const longestStep = 1_000;

function isGuard(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'ocweb' in state && state.ocweb === guard.ocweb;
}

export function createOverlays(browser: Browser) {
  const open: Overlay[] = [];
  /** The step back that is under way, if any: until it is told nothing else may touch the history. */
  let step: { afterwards: (() => void)[] } | null = null;
  let isScheduled = false;

  function stepBack(afterwards: (() => void)[] = []): void {
    const taken = { afterwards };
    step = taken;
    browser.history.back();
    browser.after(longestStep, () => {
      if (step === taken) arrived();
    });
  }

  function arrived(): void {
    const afterwards = step?.afterwards ?? [];
    step = null;
    for (const act of afterwards) act();
    settle();
  }

  /** Makes the entry be there exactly while something is open. One sheet that follows another changes nothing. */
  function settle(): void {
    if (isScheduled) return;
    isScheduled = true;
    browser.later(() => {
      isScheduled = false;
      if (step !== null) return;
      const isGuarded = isGuard(browser.history.state);
      if (open.length > 0 && !isGuarded) browser.history.pushState(guard, '');
      if (open.length === 0 && isGuarded) stepBack();
    });
  }

  return {
    /** Something lies over the page from now on; answers what says that it does no more. */
    add(close: () => void): () => void {
      const overlay = { close };
      open.push(overlay);
      settle();
      return () => {
        const index = open.indexOf(overlay);
        if (index !== -1) open.splice(index, 1);
        settle();
      };
    },

    /** The browser went to another entry. */
    popped(): void {
      if (step !== null) arrived();
      else if (!isGuard(browser.history.state)) open.pop()?.close();
      settle();
    },

    goTo(to: string, options: NavigateOptions = {}): void {
      const act = () => browser.navigate(to, options);
      if (step !== null) step.afterwards.push(act);
      else if (!isGuard(browser.history.state)) act();
      else if (options.replace) {
        // What is to be replaced is the page, not the entry above it.
        stepBack([act]);
      } else browser.navigate(to, { ...options, replace: true });
      settle();
    },
  };
}
