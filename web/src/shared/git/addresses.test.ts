import { describe, expect, it } from 'vitest';
import { diffAddress, filesAddress, pathInside, splitPath } from './addresses';

describe('addresses', () => {
  it('name a file and a line, whatever the file is called', () => {
    expect(filesAddress('ses_1')).toBe('/chat/ses_1/files');
    expect(filesAddress('ses_1', 'src/a.ts', 12)).toBe('/chat/ses_1/files?path=src/a.ts&line=12');
    const address = filesAddress('ses_1', 'a b&c=d#e?ü/');
    expect(new URL(address, 'http://x').searchParams.get('path')).toBe('a b&c=d#e?ü/');
  });

  it('name what is compared', () => {
    expect(diffAddress('ses_1')).toBe('/chat/ses_1/diff');
    expect(diffAddress('ses_1', 'head')).toBe('/chat/ses_1/diff?against=head');
  });
});

describe('pathInside', () => {
  it('finds what a tool means in the working copy, and nothing else', () => {
    expect(pathInside('/w/src/a.ts', '/w')).toBe('src/a.ts');
    expect(pathInside('src/a.ts', '/w')).toBe('src/a.ts');
    expect(pathInside('/etc/passwd', '/w')).toBeNull();
    expect(pathInside('../x', '/w')).toBeNull();
  });
});

it('parts a path into its folder and its name', () => {
  expect(splitPath('src/a/b.ts')).toEqual({ folder: 'src/a/', name: 'b.ts' });
  expect(splitPath('README.md')).toEqual({ folder: '', name: 'README.md' });
});
