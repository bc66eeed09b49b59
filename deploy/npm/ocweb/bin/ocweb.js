#!/usr/bin/env node
// Starts the `ocweb` of the package for this machine, which npm chose by its system and processor.

'use strict';

const { spawn } = require('node:child_process');
const { dirname, join } = require('node:path');

const wanted = `@ocweb/${process.platform}-${process.arch}`;

function fail(text) {
  console.error(`ocweb: ${text}`);
  process.exit(1);
}

function program() {
  try {
    return join(dirname(require.resolve(`${wanted}/package.json`)), 'libexec', 'ocweb');
  } catch {
    const { optionalDependencies } = require('../package.json');
    return fail(
      wanted in optionalDependencies
        ? `the package ${wanted} is missing: npm was told to leave out optional ones. Install ocweb again without --omit=optional.`
        : `there is no package for ${process.platform} on ${process.arch}. With Docker it runs there, too: see the README.`,
    );
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: 'inherit' });
child.on('error', (error) => fail(`it cannot be started: ${error.message}`));
// Ctrl-C reaches the child by itself, and it is the child's to say what it means.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
