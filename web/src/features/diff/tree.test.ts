import { describe, expect, it } from 'vitest';
import { type Branch, buildTree, inTreeOrder } from './tree';

function drawn(branch: Branch<{ path: string }>, indent = ''): string[] {
  return [
    ...branch.folders.flatMap((folder) => [`${indent}${folder.name}/`, ...drawn(folder, `${indent}  `)]),
    ...branch.files.map(({ name }) => indent + name),
  ];
}
const treeOf = (...paths: string[]) => drawn(buildTree(paths.map((path) => ({ path }))));

describe('buildTree', () => {
  it('groups by folder', () => {
    expect(treeOf('README.md', 'src/a.ts', 'src/b.ts', 'src/deep/c.ts')).toEqual([
      'src/',
      '  deep/',
      '    c.ts',
      '  a.ts',
      '  b.ts',
      'README.md',
    ]);
  });

  it('makes one row of folders in folders', () => {
    expect(treeOf('a/b/c/one', 'a/b/c/two', 'x/y')).toEqual(['a/b/c/', '  one', '  two', 'x/', '  y']);
  });

  it('tells folders of one name apart', () => {
    const tree = buildTree([{ path: 'a/x/1' }, { path: 'b/x/1' }]);
    expect(tree.folders.map(({ path }) => path)).toEqual(['a/x', 'b/x']);
  });

  it('is empty without files', () => expect(treeOf()).toEqual([]));
});

it('puts the files of the list in the order of the tree', () => {
  const files = ['README.md', 'a/1', 'a/b/2', 'c/3'].map((path) => ({ path }));
  expect(inTreeOrder(files).map(({ path }) => path)).toEqual(['a/b/2', 'a/1', 'c/3', 'README.md']);
});
