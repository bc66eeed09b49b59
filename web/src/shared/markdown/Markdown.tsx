/** Markdown as React elements. No HTML is ever interpreted: what looks like a tag is shown as text. */
import type { Token, Tokens } from 'marked';
import { Fragment, memo, type ReactNode, useRef } from 'react';
import { type Parsed, parseMarkdown, safeAddress } from './blocks';
import { CodeBlock } from './CodeBlock';
import './markdown.css';

interface Props {
  text: string;
  /** Whether more of the text is to come: then only that is shown of which it is known what it is. */
  isGrowing?: boolean;
}

export function Markdown({ text, isGrowing = false }: Props) {
  const previous = useRef<Parsed | undefined>(undefined);
  const parsed = parseMarkdown(text, isGrowing, previous.current);
  previous.current = parsed;
  return (
    <div className="markdown">
      {parsed.tokens.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end.
        <Block key={index} token={token} raw={token.raw} />
      ))}
    </div>
  );
}

/** Compared by source text: a block that did not change is not rendered again. */
const Block = memo(
  ({ token }: { token: Token; raw: string }) => block(token),
  (before, after) => before.raw === after.raw && before.token.type === after.token.type,
);

function block(token: Token): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading;
      return <Heading depth={depth}>{inline(tokens)}</Heading>;
    }
    case 'paragraph':
      return <p>{inline((token as Tokens.Paragraph).tokens)}</p>;
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return <CodeBlock text={text.replace(/\n$/, '')} info={lang ?? ''} />;
    }
    case 'blockquote':
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens)}</blockquote>;
    case 'list':
      return list(token as Tokens.List);
    case 'table':
      return table(token as Tokens.Table);
    case 'hr':
      return <hr />;
    case 'text': {
      // An item of a list: a paragraph as well, so that nothing changes when the list turns out to have wide gaps.
      const { tokens, text } = token as Tokens.Text;
      return <p>{tokens ? inline(tokens) : text}</p>;
    }
    default:
      return <p>{token.raw}</p>;
  }
}

function blocks(tokens: readonly Token[]): ReactNode {
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
    <Fragment key={index}>{block(token)}</Fragment>
  ));
}

function Heading({ depth, children }: { depth: number; children: ReactNode }) {
  // The page's own heading is the only first; a message starts below it.
  const Tag = depth <= 1 ? 'h2' : depth === 2 ? 'h3' : 'h4';
  return <Tag>{children}</Tag>;
}

function list({ ordered, start, items }: Tokens.List): ReactNode {
  const children = items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
    <li key={index} data-task={item.task ? (item.checked ? 'done' : 'open') : undefined}>
      {blocks(item.tokens.filter((token) => token.type !== 'checkbox'))}
    </li>
  ));
  return ordered ? <ol start={start === '' ? 1 : start}>{children}</ol> : <ul>{children}</ul>;
}

function table({ header, rows }: Tokens.Table): ReactNode {
  return (
    <div className="table-box">
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
              <th key={index}>{inline(cell.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
            <tr key={index}>
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
                <td key={column}>{inline(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[] | undefined): ReactNode {
  return tokens?.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
    <Fragment key={index}>{span(token)}</Fragment>
  ));
}

function span(token: Token): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inline((token as Tokens.Strong).tokens)}</strong>;
    case 'em':
      return <em>{inline((token as Tokens.Em).tokens)}</em>;
    case 'del':
      return <del>{inline((token as Tokens.Del).tokens)}</del>;
    case 'codespan':
      return <code>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br />;
    case 'checkbox':
      // Drawn by the item itself.
      return null;
    case 'escape':
      return (token as Tokens.Escape).text;
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      return <Link href={href}>{inline(tokens)}</Link>;
    }
    case 'image': {
      const { href, text } = token as Tokens.Image;
      // Pictures from elsewhere are not loaded: they would tell their server who reads this.
      return <Link href={href}>{text === '' ? href : text}</Link>;
    }
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens) : text;
    }
    default:
      return token.raw;
  }
}

function Link({ href, children }: { href: string; children: ReactNode }) {
  const address = safeAddress(href);
  // Without an address as long as it still comes: then it is completed in place.
  if (address === null && href !== '') return <span>{children}</span>;
  return (
    <a href={address ?? undefined} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}
