import { expect, it } from 'vitest';
import { commandIn } from './command';

const commands = [
  { name: 'dated', template: 'It is !`date`. $ARGUMENTS' },
  { name: 'move', template: 'Move $1 to $2' },
  { name: 'init', template: 'Create it.\n\nHonor these:\n$ARGUMENTS\n\nThen go on.\n' },
  { name: 'review', template: 'Review $ARGUMENTS.\nInput: $ARGUMENTS' },
  { name: 'tidy', template: 'Tidy up.\n' },
  { name: 'empty', template: '' },
];

it.each([
  ['Create it.\n\nHonor these:\nall of $& it\n\nThen go on.', '/init all of $& it'],
  ['Create it.\n\nHonor these:\n\n\nThen go on.', '/init'],
  ['Review the diff.\nInput: the diff', '/review the diff'],
  ['Review .\nInput:', '/review'],
  ['Tidy up.', '/tidy'],
  ['Tidy up.\n\nNow.', '/tidy Now.'],
])('%j was typed as %j', (text, typed) => expect(commandIn(text, commands)).toBe(typed));

it.each([
  'Review the diff.\nInput: another',
  'Review',
  'It is Friday. go',
  'Move a to b',
  'Tidy up. Now.',
  'hello',
  '',
])('nothing is known of %j', (text) => expect(commandIn(text, commands.slice(0, 5))).toBeNull());
