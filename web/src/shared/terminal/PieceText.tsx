/** A piece of a terminal's text in its colours. */
import { type Piece, plain } from './style';
import './terminal.css';

export function PieceText({ text, style }: Piece) {
  if (style === plain) return text;
  const [colour, background] = style.isInverse
    ? [style.background ?? 'black', style.colour ?? 'text']
    : [style.colour, style.background];
  const classes = [
    typeof colour === 'number' && `terminal-${colour}`,
    typeof background === 'number' && `terminal-on-${background}`,
    colour === 'black' && 'terminal-black',
    background === 'text' && 'terminal-on-text',
    style.isBold && 'terminal-bold',
    style.isDim && 'terminal-dim',
    style.isItalic && 'terminal-italic',
    style.isUnderlined && 'terminal-underlined',
  ];
  const own = (value: number | string | null) =>
    typeof value === 'string' && value.startsWith('rgb') ? value : undefined;
  return (
    <span
      className={classes.filter(Boolean).join(' ') || undefined}
      style={{ color: own(colour), backgroundColor: own(background) }}
    >
      {text}
    </span>
  );
}
