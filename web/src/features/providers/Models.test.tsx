// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { recallList } from '@/shared/storage';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { Models } from './Models';

withServer();

it('models are hidden one by one, and all of a provider', async () => {
  const model = (id: string) => ({
    id,
    name: `Model ${id}`,
    context: null,
    input_price: null,
    output_price: null,
    images: false,
    pdfs: false,
    variants: [],
  });
  answers('get', '/admin/models', () => ({
    providers: [{ id: 'demo', name: 'Demo', models: [model('a'), model('b')] }],
  }));
  render(<Models />);
  const isOn = (name: string) => screen.getByRole('switch', { name }).getAttribute('aria-checked');
  fireEvent.click(await screen.findByRole('switch', { name: 'Model a' }));
  expect(recallList('models.hidden')).toEqual(['demo/a']);
  expect([isOn('Model a'), isOn('Model b'), isOn('All of Demo')]).toEqual(['false', 'true', 'false']);
  fireEvent.click(screen.getByRole('switch', { name: 'All of Demo' }));
  expect(recallList('models.hidden')).toEqual([]);
  fireEvent.click(screen.getByRole('switch', { name: 'All of Demo' }));
  expect(recallList('models.hidden')).toEqual(['demo/a', 'demo/b']);
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'model b' } });
  expect(screen.queryByRole('switch', { name: 'Model a' })).toBeNull();
});
