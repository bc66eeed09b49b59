// Bad inputs for every route of the git part, made from the OpenAPI document: a route that is added gets them without
// being named here. Each must be refused by a problem document with a sentence.
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
const traversals = ['..', '../../etc/passwd', '/etc/passwd', 'a\0b', 'a\r\nb: c', long];

/** What names of these kinds may not be, in a path as in a body. */
const bad: Record<string, string[]> = {
  owner: ['-u', 'a__b', '_a', 'ext::sh', 'git@github.com:o', 'file:', ...traversals],
  name: ['.git', 'r.git', 'r%00', ...traversals],
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
  base: ['--upload-pack=sh', 'a.lock', '@{', 'a@{1}', '-x', 'HEAD', 'a b', ...traversals],
  session_id: ['../', 'a__b', '-x', '_x', 'a/b', '', ...traversals],
  id: ['ses_', 'ses_..', 'SES_1', '-x', ...traversals],
  prompt: ['msg_', 'msg_..', '-x', ...traversals],
  path: ['.git/config', 'a/.GIT/x', 'a//b', './a', ...traversals],
  against: ['HEAD', '--output=x', 'main', ...traversals],
  accept: ['true', 'everything', 'uncommitted-changes', 'uncommitted-changes:-1', ...traversals],
  url: [
    'file:///etc/passwd',
    'https://evil.example/o/n/pull/1',
    'https://u:p@github.com/o/n/pull/1',
    'javascript:alert(1)',
    'http://169.254.169.254/',
    '--upload-pack=sh',
    '',
    ...traversals,
  ],
  number: ['-1', '0', '1e3', '99999999999999999999', 'x', ...traversals],
};
bad.branch = bad.branches = bad.base ?? [];

/** Texts that are the person's own, in which anything may stand: in a query or a body. */
const free = new Set(['query', 'prompt']);

const fillers = (chat: string): Record<string, string> => ({
  owner: 'demo',
  name: 'hello-web',
  repo: 'demo/hello-web',
  session_id: 'another',
  id: chat,
  prompt: 'msg_0123456789abAAAAAAAAAAAAAA',
  number: '1',
});

/** Every attempt, for a volume on which `chat` is a chat of `demo/hello-web`. */
export function attempts(document: Document, chat: string): Attempt[] {
  const filled = fillers(chat);
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => operation.tags?.some((tag) => services.includes(tag)))
      .flatMap(([name, operation]) => {
        const method = name.toUpperCase();
        const at = (values: Record<string, string>) =>
          template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) =>
            encodeURIComponent(values[parameter] ?? 'x'),
          );
        const parameters = operation.parameters ?? [];
        const schema = operation.requestBody?.content['application/json']?.schema;
        const valid = schema && JSON.stringify(example(document, schema, filled));
        const inPath = parameters
          .filter((parameter) => parameter.in === 'path')
          .flatMap((parameter) =>
            (bad[parameter.name] ?? traversals)
              // Without it, it is another path.
              .filter((value) => value !== '')
              .map((value) => ({ method, path: at({ ...filled, [parameter.name]: value }), body: valid })),
          );
        const inQuery = parameters
          .filter((parameter) => parameter.in === 'query' && !free.has(parameter.name))
          .flatMap((parameter) =>
            (isText(parameter.schema) ? (bad[parameter.name] ?? []) : ['x', '-1', '1e99', long]).map(
              (value) => ({
                method,
                path: `${at(filled)}?${parameter.name}=${encodeURIComponent(value)}`,
                body: valid,
              }),
            ),
          );
        const bodies = schema ? badBodies(document, schema, filled) : [];
        const inBody = bodies.map((body) => ({ method, path: at(filled), body }));
        return [...inPath, ...inQuery, ...inBody].map(({ body, ...attempt }) =>
          body === undefined ? attempt : { ...attempt, body },
        );
      }),
  );
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

function resolve(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return resolve(document, document.components.schemas[name] ?? {});
  const one = schema.oneOf?.find((each) => each.type !== 'null');
  if (one && !schema.properties) return resolve(document, one);
  const parts = schema.allOf?.map((each) => resolve(document, each)) ?? [];
  return {
    ...schema,
    properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
    required: [...(schema.required ?? []), ...parts.flatMap((part) => part.required ?? [])],
  };
}

const isText = (schema: Schema) => [schema.type].flat().includes('string');

function example(document: Document, schema: Schema, filled: Record<string, string>): unknown {
  const { type, properties = {}, required = [], enum: values } = resolve(document, schema);
  const [kind] = [type].flat();
  if (values) return values[0];
  if (kind === 'array') return [];
  if (kind === 'boolean') return false;
  if (kind === 'integer' || kind === 'number') return 1;
  if (kind === 'string') return 'x';
  return Object.fromEntries(
    required.map((name) => [name, filled[name] ?? example(document, properties[name] ?? {}, filled)]),
  );
}

function badBodies(document: Document, schema: Schema, filled: Record<string, string>): string[] {
  const valid = example(document, schema, filled) as Record<string, unknown>;
  const { properties = {} } = resolve(document, schema);
  const changed = Object.entries(properties).flatMap(([name, property]) => {
    const { type, oneOf } = resolve(document, property);
    const wrong = [type].flat().includes('object') || oneOf ? 7 : { wrong: 'type' };
    const values = free.has(name) ? [] : (bad[name] ?? []);
    const named = [type].flat().includes('array') ? values.map((value) => [value]) : values;
    return [wrong, ...named].map((value) => JSON.stringify({ ...valid, [name]: value }));
  });
  return ['{', '[', '7', '"x"', '[]', '{"a":1,}', ...changed];
}
