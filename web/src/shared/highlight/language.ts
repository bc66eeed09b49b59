/** Which language a text is in, by the name that somebody gave it or by its file's name. Pure. */

/** The languages that can be coloured, each under highlight.js's name, with the other names that people give them. */
const names = {
  bash: 'sh shell zsh shellscript console shell-session shellsession fish env',
  c: 'h',
  clojure: 'clj cljs edn',
  cmake: '',
  cpp: 'c++ cc cxx hpp hh hxx',
  csharp: 'cs c#',
  css: '',
  dart: '',
  diff: 'patch',
  dockerfile: 'docker containerfile',
  elixir: 'ex exs',
  erlang: 'erl',
  go: 'golang',
  graphql: 'gql',
  groovy: 'gradle',
  haskell: 'hs',
  ini: 'toml cfg conf properties editorconfig gitconfig',
  java: '',
  javascript: 'js jsx mjs cjs node',
  json: 'jsonc json5 jsonl webmanifest',
  julia: 'jl',
  kotlin: 'kt kts',
  less: '',
  lua: '',
  makefile: 'make mk gnumakefile justfile',
  markdown: 'md mdx mdown',
  nginx: '',
  nix: '',
  objectivec: 'm mm objc objective-c',
  ocaml: 'ml mli',
  perl: 'pl pm',
  php: '',
  powershell: 'ps1 psm1 pwsh',
  protobuf: 'proto',
  python: 'py pyi python3',
  r: '',
  ruby: 'rb gemfile rakefile gemspec podfile',
  rust: 'rs',
  scala: 'sc sbt',
  scss: 'sass',
  sql: 'postgresql postgres mysql sqlite psql',
  swift: '',
  typescript: 'ts tsx mts cts',
  vim: 'vimrc',
  xml: 'html htm xhtml svg vue svelte astro rss plist xsl xsd csproj',
  yaml: 'yml',
} as const;

export type Language = keyof typeof names;

const languages = new Map<string, Language>();
for (const [language, others] of Object.entries(names) as [Language, string][]) {
  for (const name of [language, ...others.split(' ')]) if (name !== '') languages.set(name, language);
}

/** The language of a fence such as ```` ```ts title=x ````; null when it is none that can be coloured. */
export function languageNamed(info: string): Language | null {
  const name = /^[^\s,{:]*/.exec(info.trim().toLowerCase())?.[0] ?? '';
  return languages.get(name) ?? null;
}

/** The language of a file, by the end or the whole of its name. */
export function languageOfPath(path: string): Language | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const ending = name.slice(name.lastIndexOf('.') + 1);
  return languages.get(ending) ?? languages.get(name.split('.')[0] ?? '') ?? null;
}
