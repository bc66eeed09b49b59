import { describe, expect, it } from 'vitest';
import { languageNamed, languageOfPath } from './language';

describe('languageNamed', () => {
  it.each([
    ['ts', 'typescript'],
    ['TSX', 'typescript'],
    ['js {1,3} title="x"', 'javascript'],
    ['rust,ignore', 'rust'],
    ['c++', 'cpp'],
    ['shell-session', 'bash'],
    ['toml', 'ini'],
  ])('%s is %s', (info, language) => expect(languageNamed(info)).toBe(language));

  it.each(['', 'text', 'plaintext', 'mermaid', '__proto__', 'constructor'])('%j is none', (info) => {
    expect(languageNamed(info)).toBeNull();
  });
});

describe('languageOfPath', () => {
  it.each([
    ['src/a/b.test.tsx', 'typescript'],
    ['Dockerfile', 'dockerfile'],
    ['build/Dockerfile.dev', 'dockerfile'],
    ['Makefile', 'makefile'],
    ['Cargo.toml', 'ini'],
    ['.gitconfig', 'ini'],
    ['a.h', 'c'],
    ['index.html', 'xml'],
  ])('%s is %s', (path, language) => expect(languageOfPath(path)).toBe(language));

  it.each(['LICENSE', 'notes.txt', '', 'a/b/'])('%j is none', (path) => {
    expect(languageOfPath(path)).toBeNull();
  });
});
