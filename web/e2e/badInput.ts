// Bad inputs for every route of the git part, made from the OpenAPI document: a route that is added gets them without
// being named here, and a text of it that is not known here stops the tests. Each must be refused by a problem document
// with a sentence.
//
// Why not schemathesis: what it makes of the document is of the right kind or of a wrong type, and it takes whatever is
// no 5xx for an answer. What is tried here are names that look right and lead elsewhere, and each must be refused.
import type { Answer } from './stack';

type Schema = {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  oneOf?: Schema[];
  allOf?: Schema[];
};

interface Operation {
  tags?: string[];
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Attempt {
  method: string;
  path: string;
  body?: string;
}

const services = ['git-manager', 'github-gateway'];
const long = 'x'.repeat(5000);
const outside = ['..', '../../etc/passwd', '/etc/passwd', 'a\0b', long];
const traversals = [...outside, 'a\r\nb: c'];

const branches = ['--upload-pack=sh', '..', 'a.lock', '@{', 'a@{1}', '-x', 'HEAD', 'a b', '', ...traversals];
const commits = ['HEAD', '--output=x', 'main', '', ...traversals];
// A line end may be in the name of a file.
const paths = ['.git/config', 'a/.GIT/x', 'a//b', './a', ...outside];
const names = ['a\0b', 'a\nb', long];
const addresses = [
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://169.254.169.254/',
  'ext::sh -c x',
  '--upload-pack=sh',
  '',
  ...traversals,
];

/**
 * What the texts of these names may not be, in a path, a query or a body. Where a name means different things, that of
 * what it stands in goes before it: `path`, `query`, `body`, or the field around it.
 */
const bad: Record<string, string[]> = {
  'path.owner': ['-u', 'a__b', '_a', 'ext::sh', 'git@github.com:o', 'file:', ...traversals],
  'path.name': ['.git', 'r.git', 'r%00', ...traversals],
  'path.number': ['-1', '0', '1e3', '99999999999999999999', 'x', ...traversals],
  repo: [
    '../x/y',
    '-u/x',
    'a/b/c',
    '.git',
    'ext::sh',
    'file:///etc',
    'o/r%00',
    'git@github.com:o/r',
    '',
    'o/..',
    ...traversals,
  ],
  base: branches,
  head: branches,
  branch: branches,
  branches,
  replacing: commits,
  against: commits,
  session_id: ['../', 'a__b', '-x', '_x', 'a/b', '', ...traversals],
  id: ['ses_', 'ses_..', 'SES_1', '-x', ...traversals],
  'path.prompt': ['msg_', 'msg_..', '-x', ...traversals],
  path: paths,
  copy: paths,
  files: paths,
  mentions: ['', 'a/../../x', ...outside],
  accept: ['true', 'everything', 'uncommitted-changes', 'uncommitted-changes:-1', ...traversals],
  address: [
    ...addresses,
    'https://evil.example/o/n/pull/1',
    'https://u:p@github.com/o/n/pull/1',
    'https://github.com/o/n',
    'git@github.com:o/n#1',
    'o/n#0',
  ],
  'files.url': [
    ...addresses,
    'https://evil.example/a.png',
    'data:image/png,AAAA',
    'data:image/png;base64,%%%%',
  ],
  'files.mime': ['image', 'image/p ng', '', ...names],
  'files.filename': ['', ...names],
  model: ['gpt', '/gpt', 'a b/c', 'gpt/', ...names],
  agent: names,
  agents: names,
  variant: names,
  'author.name': ['', 'a <b>', '...', ...names],
  'author.email': ['', 'b', 'a b@c', '<a@b>', ...names],
  text: ['a\0b'],
};
bad['co_author.name'] = bad['author.name'] ?? [];
bad['co_author.email'] = bad['author.email'] ?? [];

/** Texts that are the person's own, in which anything may stand. */
const free = new Set([
  'query.query',
  'files.text',
  'body.title',
  'body.body',
  'body.message',
  'body.command',
  'prompt.command',
]);

/** What the others are, while one is bad. */
const good: Record<string, string> = {
  'path.owner': 'demo',
  'path.name': 'hello-web',
  'path.number': '1',
  'path.prompt': 'msg_0123456789abAAAAAAAAAAAAAA',
  'prompt.id': 'msg_0123456789abAAAAAAAAAAAAAA',
  repo: 'demo/hello-web',
  session_id: 'another',
  replacing: '0123456789abcdef0123456789abcdef01234567',
  email: 'a@b.example',
  mime: 'image/png',
  url: 'data:image/png;base64,AAAA',
};

const isOf = (schema: Schema, type: string) => [schema.type].flat().includes(type);
const wrongType = { wrong: 'type' };

/** Every attempt, for a volume on which `chat` is a chat of `demo/hello-web`. */
export function attempts(document: Document, chat: string): Attempt[] {
  const inputs = new Inputs(document, chat);
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => operation.tags?.some((tag) => services.includes(tag)))
      .flatMap(([method, operation]) =>
        ofOperation(inputs, template, operation).map(({ path, body }) => ({
          method: method.toUpperCase(),
          path,
          ...(body === undefined ? {} : { body }),
        })),
      ),
  );
}

function ofOperation(inputs: Inputs, template: string, { parameters = [], requestBody }: Operation) {
  const at = (values: Record<string, string> = {}) =>
    template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(values[name] ?? inputs.goodText('path', name)),
    );
  const schema = requestBody?.content['application/json']?.schema;
  const body = schema && JSON.stringify(inputs.example('', 'body', schema));
  const tried = parameters.flatMap(({ name, in: place, schema: described }) => {
    if (place !== 'path' && place !== 'query') return [];
    const values = inputs.bad(place, name, described).map(String);
    // Without it, it is another path.
    if (place === 'path')
      return values.filter(Boolean).map((value) => ({ path: at({ [name]: value }), body }));
    return values.map((value) => ({ path: `${at()}?${name}=${encodeURIComponent(value)}`, body }));
  });
  if (!schema) return tried;
  const whole = ['{', '[', '7', '"x"', '[]', '{"a":1,}'];
  const spoiled = inputs.bad('', 'body', schema).map((value) => JSON.stringify(value));
  return [...tried, ...[...whole, ...spoiled].map((body) => ({ path: at(), body }))];
}

/** Good and bad values for what the document describes. */
class Inputs {
  constructor(
    private readonly document: Document,
    private readonly chat: string,
  ) {}

  /** The values that may not be; of what holds others, each with one bad value somewhere in it. */
  bad(parent: string, name: string, schema: Schema): unknown[] {
    const whole = this.resolve(schema);
    const { properties = {} } = whole;
    if (parent === 'path' || parent === 'query') return badText(parent, name, whole);
    if (isOf(whole, 'array')) {
      const items = this.bad(parent, name, whole.items ?? {});
      return [wrongType, ...items.map((item) => [item])];
    }
    if (Object.keys(properties).length > 0) {
      const valid = this.example(parent, name, whole) as Record<string, unknown>;
      const spoiled = Object.entries(properties).flatMap(([field, each]) =>
        this.bad(name, field, each).map((value) => ({ ...valid, [field]: value })),
      );
      return parent === '' ? spoiled : [7, ...spoiled];
    }
    return [wrongType, ...badText(parent, name, whole)];
  }

  /** A value that may be. */
  example(parent: string, name: string, schema: Schema): unknown {
    const whole = this.resolve(schema);
    const { properties = {}, required = [], enum: values } = whole;
    if (values) return values[0];
    if (isOf(whole, 'array')) return [];
    if (isOf(whole, 'boolean')) return false;
    if (isOf(whole, 'integer') || isOf(whole, 'number')) return 1;
    if (isOf(whole, 'string')) return this.goodText(parent, name);
    return Object.fromEntries(
      required.map((field) => [field, this.example(name, field, properties[field] ?? {})]),
    );
  }

  goodText(parent: string, name: string): string {
    if (parent === 'path' && name === 'id') return this.chat;
    return good[`${parent}.${name}`] ?? good[name] ?? 'x';
  }

  private resolve(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    if (name !== undefined) return this.resolve(this.document.components.schemas[name] ?? {});
    const one = schema.oneOf?.find((each) => each.type !== 'null');
    if (one && !schema.properties) return this.resolve(one);
    const parts = schema.allOf?.map((each) => this.resolve(each)) ?? [];
    return {
      ...schema,
      properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
      required: [...(schema.required ?? []), ...parts.flatMap((part) => part.required ?? [])],
    };
  }
}

function badText(parent: string, name: string, schema: Schema): string[] {
  const key = [`${parent}.${name}`, name].find((each) => each in bad || free.has(each));
  if (schema.enum || !(isOf(schema, 'string') || key)) return ['x', '-1', '1e99', long];
  if (key === undefined) throw new Error(`badInput.ts does not say what ${parent}.${name} may not be`);
  return bad[key] ?? [];
}

/** What is wrong with how an attempt was answered; nothing if it was refused as it should be. */
export function complaint(answer: Answer): string | undefined {
  if (answer.status < 400 || answer.status >= 500) return `answered ${answer.status}`;
  if (answer.headers['content-type'] !== 'application/problem+json')
    return `${answer.headers['content-type']}`;
  const problem = JSON.parse(answer.text) as { status?: number; detail?: string };
  if (problem.status !== answer.status) return `says ${problem.status}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in it
  const isSentence = /^[^\x00-\x1f\x7f]{10,900}$/u.test(problem.detail ?? '');
  return isSentence ? undefined : `no sentence: ${problem.detail}`;
}
