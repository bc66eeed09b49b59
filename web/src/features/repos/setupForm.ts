/** The fields of a repository's setup as text, and back. Pure. */
import type { SetupSettings } from '@/shared/upkeep';

/** The paths of a text with one in each line. */
export function pathsOf(text: string): string[] {
  const paths = text.split('\n').map((line) => line.trim());
  return [...new Set(paths.filter((path) => path !== ''))];
}

/** The settings as they are sent, and as the server keeps them. A file without a path is refused there, which is better than
 * to lose what was typed into it. */
export function settingsOf(form: SetupSettings & { copyText: string }): SetupSettings {
  const { files, copyText, command, follow_repository } = form;
  return {
    files: files
      .map(({ path, text }) => ({ path: path.trim(), text }))
      .filter(({ path, text }) => path !== '' || text !== ''),
    copy: pathsOf(copyText),
    command: command?.trim() || null,
    follow_repository,
  };
}
