/** Markdown as React elements. No HTML is ever interpreted: what looks like a tag is shown as text. */
import type { Token, Tokens } from 'marked';
import { Fragment, memo, type ReactNode, useRef } from 'react';
import { CopyButton } from '@/shared/ui/CopyButton';
import { type Parsed, parseMarkdown, safeAddress } from './blocks';
import './markdown.css';

export function Markdown({ text }: { text: string }) {
  const previous = useRef<Parsed | undefined>(undefined);
  const parsed = parseMarkdown(text, previous.current);
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
      return <CodeBlock text={text} language={lang ?? ''} />;
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
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens) : text;
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

function CodeBlock({ text, language }: { text: string; language: string }) {
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={text} label="Copy code" />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}

function list({ ordered, start, items }: Tokens.List): ReactNode {
  const children = items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
    <li key={index}>
      {item.task && <span aria-hidden="true">{item.checked ? '[✓] ' : '[ ] '}</span>}
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
  if (address === null) return <span>{children}</span>;
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}
