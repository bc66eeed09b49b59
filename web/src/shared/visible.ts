/**
 * Text that somebody answers for, with nothing in it unseen: characters that show nothing, look like a space or turn the
 * order of others around are named, as ⟨U+202E⟩, and emptiness that would push the rest out of sight is counted. Pure.
 */

/** Controls but line ends and tabs, formats (which turn the order), fillers, and spaces that are no plain ones. */
const unseen = /(?![\n\t ])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u{2800}]/gu;
/** More than anybody indents by. */
const gap = /[ \t]{25,}/g;
const emptyLines = /\n(?:[ \t]*\n){4,}/g;

/** Lines stay lines: of a patch, too. */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(unseen, (character) => `⟨U+${hexadecimal(character)}⟩`)
    .replace(gap, (run) => ` ⟨${run.length} spaces⟩ `);
}

/** The same of a whole text, of which many empty lines are counted as well. */
export function visibleText(text: string): string {
  return visible(text).replace(emptyLines, (run) => `\n⟨${run.split('\n').length - 2} empty lines⟩\n`);
}

function hexadecimal(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
