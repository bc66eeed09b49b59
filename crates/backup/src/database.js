// Copies opencode's database while opencode writes to it: one moment of it, without what is free in it, and nobody waits.
// Arguments: the database, and the copy.
import { Database } from 'bun:sqlite';

const [from, to] = process.argv.slice(1);
const database = new Database(from, { readonly: true });
database.run('PRAGMA busy_timeout = 30000');
database.run('VACUUM INTO ?', [to]);
database.close();
const copy = new Database(to, { readonly: true });
const [said] = copy.query('PRAGMA quick_check(1)').values()[0];
if (said !== 'ok') throw new Error(said);
