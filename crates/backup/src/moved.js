// Tells opencode's database that the folders of its sessions lie elsewhere. Arguments: the database, the old folder, the new one.
import { Database } from 'bun:sqlite';

const PLACES = [
  ['session', 'directory'],
  ['project', 'worktree'],
  ['project_directory', 'directory'],
  ['workspace', 'directory'],
];

const [path, from, to] = process.argv.slice(1);
const database = new Database(path);
const columns = (table) => database.query(`PRAGMA table_info("${table}")`).all().map(({ name }) => name);
database.transaction(() => {
  for (const [table, column] of PLACES.filter(([table, column]) => columns(table).includes(column))) {
    database
      .query(
        `UPDATE OR IGNORE "${table}" SET "${column}" = ?2 || substr("${column}", length(?1) + 1)
         WHERE "${column}" = ?1 OR substr("${column}", 1, length(?1) + 1) = ?1 || '/'`,
      )
      .run(from, to);
  }
  if (columns('project').includes('sandboxes')) {
    for (const [id, text] of database.query('SELECT id, sandboxes FROM project').values()) {
      const moved = JSON.parse(text).map((folder) => (folder.startsWith(`${from}/`) ? to + folder.slice(from.length) : folder));
      database.query('UPDATE project SET sandboxes = ? WHERE id = ?').run(JSON.stringify(moved), id);
    }
  }
})();
database.close();
