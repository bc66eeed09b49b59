/** The command that opens a chat in opencode's own terminal client, from any computer. Pure. */

/** What stands for a token: those are made on a page of the settings, and shown once. */
const tokenPlaceholder = 'YOUR_TOKEN';

/** The folder is the server's: without it the client would offer the models and commands of another one. */
export function attachCommand(origin: string, session: string, directory: string): string {
  const words = ['opencode', 'attach', origin, '--session', session, '--dir', directory];
  return [...words.map(quoted), '--password', tokenPlaceholder].join(' ');
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
