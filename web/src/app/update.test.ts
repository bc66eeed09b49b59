import { expect, it } from 'vitest';
import { isOtherBuild } from './update';

const start = (script: string) => `<script type="module" crossorigin src="${script}"></script>`;
const running = ['/ocweb/assets/index-1.js'];

it('tells another build from the one that runs', () => {
  expect(isOtherBuild(running, start('/ocweb/assets/index-1.js'))).toBe(false);
  expect(isOtherBuild(running, start('/ocweb/assets/index-2.js'))).toBe(true);
});

it('takes nothing else for a build', () => {
  expect(isOtherBuild(running, '<p>Welcome to our hotel</p>')).toBe(false);
  expect(isOtherBuild(running, start('https://portal.example/a.js'))).toBe(false);
});
