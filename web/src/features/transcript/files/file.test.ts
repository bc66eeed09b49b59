import { describe, expect, it } from 'vitest';
import { kindOfFile, nameOfFile, sizeOfFile } from './file';

describe('kindOfFile', () => {
  it.each([
    ['image/png', 'data:image/png;base64,AAAA', 'picture'],
    ['image/jpeg', '/admin/transcripts/ses_1/files/msg_1/prt_1', 'picture'],
    ['image/svg+xml', 'data:image/svg+xml;base64,AAAA', 'download'],
    ['application/pdf', '/admin/transcripts/ses_1/files/msg_1/prt_1', 'download'],
    ['image/png', 'data:text/html,<script>', 'download'],
    ['text/plain', 'file:///work/a.ts', 'name'],
    ['image/png', 'https://elsewhere.example/a.png', 'name'],
    ['image/png', '//elsewhere.example/a.png', 'name'],
    ['text/html', 'javascript:alert(1)', 'name'],
  ])('%s at %s is a %s', (mime, url, type) => expect(kindOfFile({ mime, url }).type).toBe(type));
});

it('takes the name that there is', () => {
  expect(nameOfFile({ filename: 'a.png', mime: 'image/png' })).toBe('a.png');
  expect(nameOfFile({ mime: 'image/png' })).toBe('image/png');
});

it('knows the size of what the address holds', () => {
  expect(sizeOfFile(`data:text/plain;base64,${btoa('hello')}`)).toBe(5);
  expect(sizeOfFile(`data:text/plain;base64,${btoa('hello!')}`)).toBe(6);
  expect(sizeOfFile('/admin/transcripts/x')).toBeNull();
});
