/** The changed files as a tree of folders. Pure. */

export interface Branch<T> {
  name: string;
  /** From the root of the working copy. */
  path: string;
  folders: Branch<T>[];
  files: { name: string; file: T }[];
}

/** Folders and files in the order given; a folder that holds nothing but a folder is one row with it. */
export function buildTree<T extends { path: string }>(files: readonly T[]): Branch<T> {
  const root: Branch<T> = { name: '', path: '', folders: [], files: [] };
  for (const file of files) {
    const names = file.path.split('/');
    const name = names.pop() ?? file.path;
    let at = root;
    for (const folder of names) at = folderOf(at, folder);
    at.files.push({ name, file });
  }
  for (const folder of root.folders) merge(folder);
  return root;
}

function folderOf<T>(parent: Branch<T>, name: string): Branch<T> {
  const known = parent.folders.find((folder) => folder.name === name);
  if (known) return known;
  const path = parent.path === '' ? name : `${parent.path}/${name}`;
  const folder: Branch<T> = { name, path, folders: [], files: [] };
  parent.folders.push(folder);
  return folder;
}

function merge<T>(folder: Branch<T>): void {
  for (;;) {
    const [only, ...others] = folder.folders;
    if (only === undefined || others.length > 0 || folder.files.length > 0) break;
    folder.name = `${folder.name}/${only.name}`;
    folder.path = only.path;
    folder.files = only.files;
    folder.folders = only.folders;
  }
  for (const inner of folder.folders) merge(inner);
}

/** The files in the order of the tree: folders before files. */
export function inTreeOrder<T extends { path: string }>(files: readonly T[]): T[] {
  return filesOf(buildTree(files));
}

function filesOf<T>({ folders, files }: Branch<T>): T[] {
  return [...folders.flatMap((folder) => filesOf(folder)), ...files.map(({ file }) => file)];
}
