// Looks at opencode's database before opencode does. What is damaged is set aside, never deleted, and what can be read of it
// is copied into a new one. Arguments: the database, and the folder for what is set aside. See `first_look.rs`.
import { Database } from 'bun:sqlite';
import {
  closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync,
  statSync, truncateSync, writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

// Of larger ones only the beginning of each table is read, in bytes: a start waits for this.
const READ_WHOLE = 256 * 2 ** 20;
// Rows that are copied at once.
const ROWS = 100;
// Without the whole of these opencode does not know how its database is made, and would make all of it again.
const FOUNDATION = ['migration', 'data_migration'];
// What its person would miss.
const COUNTED = { session: 'conversations', message: 'messages' };

const [database, folder] = process.argv.slice(1);
const [unfinished, salvaged] = [`${database}.salvaging`, `${database}.salvaged`];

function complaint() {
  const { size } = statSync(database);
  if (size === 0) return 'it was empty';
  let opened;
  try {
    // As a reader: what is written ahead stays where it is.
    opened = new Database(database, { readonly: true });
    const names = opened.query("SELECT name FROM sqlite_master WHERE type = 'table'").values();
    for (const [name] of names) opened.query(`SELECT * FROM "${name}" LIMIT 1`).values();
    const [said] = size > READ_WHOLE ? ['ok'] : opened.query('PRAGMA quick_check(1)').values()[0];
    return said === 'ok' ? undefined : said.split('\n').at(-1);
  } catch (error) {
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return error.message;
    // What else keeps it from being read is no damage, and for opencode to tell.
    console.error(`opencode's database was not looked at: ${error.message}`);
    return undefined;
  } finally {
    opened?.close();
  }
}

// Copies a table from both its ends as far as it can be read. False where something in between cannot be.
function copyTable(from, to, name) {
  const columns = from.query(`PRAGMA table_info("${name}")`).all().map((column) => `"${column.name}"`);
  const places = columns.map(() => '?').join();
  const insert = to.query(`INSERT OR IGNORE INTO "${name}" (${columns.join()}) VALUES (${places})`);
  const rows = (where, order, limit) =>
    from.query(`SELECT rowid, ${columns.join()} FROM "${name}" ${where} ORDER BY rowid ${order} LIMIT ${limit}`);
  const walk = (beyond, order) => {
    let [limit, last] = [ROWS, undefined];
    for (;;) {
      try {
        const query = rows(last === undefined ? '' : `WHERE rowid ${beyond} ${last}`, order, limit);
        const read = query.values();
        to.transaction(() => read.forEach(([, ...values]) => insert.run(...values)))();
        if (read.length < limit) return true;
        const next = read.at(-1)[0];
        // A damaged page may lead back.
        if (last !== undefined && (beyond === '>' ? next <= last : next >= last)) return false;
        last = next;
      } catch {
        if (limit === 1) return false;
        limit = 1;
      }
    }
  };
  return walk('>', 'ASC') || (walk('<', 'DESC'), false);
}

function readHead() {
  const [file, head] = [openSync(database), Buffer.alloc(32)];
  const length = readSync(file, head);
  closeSync(file);
  return head.subarray(0, length);
}

// SQLite reads nothing of a database that ends too soon, so what is missing is made up for with nothing, in a copy.
function lengthened(copy) {
  const head = readHead();
  const length = head.length < 32 ? 0 : head.readUInt16BE(16) * head.readUInt32BE(28);
  if (length <= statSync(database).size) return database;
  copyFileSync(database, copy);
  truncateSync(copy, length);
  return copy;
}

function remove(path) {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
}

// Makes `unfinished` of what can be read. Gives what was had again and what not, or nothing where that is no beginning.
function salvage() {
  const copy = `${database}.lengthened`;
  remove(unfinished);
  remove(copy);
  let [from, to] = [];
  try {
    from = new Database(lengthened(copy), { readonly: true, safeIntegers: true });
    to = new Database(unfinished, { create: true, safeIntegers: true });
    to.run('PRAGMA synchronous = OFF');
    const made = from
      .query("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
      .all();
    const tables = made.filter(({ type }) => type === 'table');
    for (const { sql } of tables) to.run(sql);
    const torn = tables.map(({ name }) => name).filter((name) => !copyTable(from, to, name));
    for (const { type, sql } of made) if (type !== 'table') to.run(sql);
    const count = (name) => to.query(`SELECT count(*) FROM "${name}"`).values()[0][0];
    if (FOUNDATION.some((name) => torn.includes(name)) || count(FOUNDATION[0]) === 0n) return undefined;
    const counts = Object.entries(COUNTED).map(([name, words]) => `${count(name)} ${words}`);
    if (to.query('PRAGMA quick_check(1)').values()[0][0] !== 'ok') return undefined;
    to.close();
    const written = openSync(unfinished);
    fsyncSync(written);
    closeSync(written);
    return { counts, torn };
  } catch (error) {
    console.error(`nothing can be read of opencode's damaged database: ${error.message}`);
    return undefined;
  } finally {
    from?.close();
    to?.close();
    remove(copy);
  }
}

function tell(aside, why, had) {
  const lost = had
    ? had.torn.length > 0 && `What could not be read, of ${had.torn.map((name) => COUNTED[name] ?? name).join(', ')}.`
    : 'All conversations. The branches and files of the chats are as they were.';
  const notice = {
    id: `database-${basename(aside)}`,
    repo: null,
    trigger: 'start',
    at: new Date().toISOString(),
    found: [`opencode's database was damaged: ${why}.`],
    done: [
      had
        ? `What can be read of it was copied into a new one: ${had.counts.join(', ')}.`
        : 'Nothing could be read of it, so opencode has begun a new one.',
    ],
    lost: lost ? [lost] : [],
    aside,
    unfinished: false,
  };
  writeFileSync(join(aside, 'notice.json.new'), JSON.stringify(notice));
  renameSync(join(aside, 'notice.json.new'), join(aside, 'notice.json'));
}

// The database comes last: without what was written ahead it is damaged still, should this be cut off.
function replace(aside) {
  for (const end of ['-wal', '-shm', '']) {
    const place = join(aside, basename(database) + end);
    if (existsSync(database + end)) renameSync(database + end, existsSync(place) ? `${place}.${Date.now()}` : place);
  }
  if (existsSync(salvaged)) renameSync(salvaged, database);
}

if (existsSync(salvaged)) {
  // Cut off before it was in its place.
  replace(join(folder, readdirSync(folder).sort().at(-1)));
} else {
  const why = complaint();
  if (why) {
    const aside = join(folder, new Date().toISOString().replaceAll(':', '-'));
    mkdirSync(aside, { recursive: true });
    console.error(`opencode's database is damaged (${why}) and set aside in ${aside}`);
    const had = salvage();
    tell(aside, why, had);
    if (had) renameSync(unfinished, salvaged);
    else remove(unfinished);
    replace(aside);
  }
}
