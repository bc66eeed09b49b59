// @vitest-environment happy-dom
import { act, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { goTo } from '@/shared/ui/useOverlay';
import { render } from '@/testing/render';
import { PageParts } from './PageParts';

afterEach(() => history.replaceState(null, '', '/'));

const parts = ['disk', 'load', 'services'].map((name) => <p key={name}>{name}</p>);

it('shows first what the address names, also when that changes, and leaves the others in their order', () => {
  render(<PageParts parts={parts} />);
  const shown = () => screen.getByRole('main').textContent;
  expect(shown()).toBe('diskloadservices');
  act(() => goTo('/resources#services'));
  expect(shown()).toBe('servicesdiskload');
  act(() => goTo('/resources#of-nothing'));
  expect(shown()).toBe('diskloadservices');
});
