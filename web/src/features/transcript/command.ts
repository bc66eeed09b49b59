/** Which command a text is the expansion of, as far as that can be told. Pure. */
import type { Command } from '@/shared/api/opencode';

const everything = '$ARGUMENTS';

/**
 * `/name arguments`. Null where no command says so for certain: one with numbered arguments or output of a shell in its
 * text cannot be read backwards.
 */
export function commandIn(
  text: string,
  commands: readonly Pick<Command, 'name' | 'template'>[],
): string | null {
  const known = commands.filter(({ template }) => !/\$\d|!`/.test(template));
  const readings = known.flatMap(({ name, template }) => {
    const typed = argumentsIn(text, template.trim());
    return typed === null ? [] : [`/${name} ${typed}`.trim()];
  });
  return readings[0] ?? null;
}

function argumentsIn(text: string, template: string): string | null {
  const pieces = template.split(everything);
  const first = pieces[0] ?? '';
  const places = pieces.length - 1;
  if (text === expanded(template, '')) return '';
  if (template === '' || !text.startsWith(first)) return null;
  const length = (text.length - template.length + places * everything.length) / places;
  const typed = places === 0 ? text.slice(first.length + 2) : text.slice(first.length, first.length + length);
  return expanded(template, typed) === text ? typed : null;
}

/** As opencode does it: without a place for them, arguments come after a blank line. */
function expanded(template: string, typed: string): string {
  if (template.includes(everything)) return template.replaceAll(everything, () => typed).trim();
  return typed === '' ? template : `${template}\n\n${typed}`;
}
