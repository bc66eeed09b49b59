// The pod of deploy/kubernetes, without a cluster: its mounts, its variables and its user are read from the manifest, the container
// is made of namespaces, and lies as the image does. What a cluster adds (seccomp, the network policy) is not here.

import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const base = join(root, 'deploy/kubernetes/kustomize/base');

export interface Pod {
  user: number;
  /** Where each volume is mounted, by its name. */
  mounts: Map<string, string>;
  environment: Record<string, string>;
  graceSeconds: number;
}

/** The server's pod as the manifest has it. */
export function podOfManifest(): Pod {
  const documents = readFileSync(join(base, 'ocweb.yaml'), 'utf8').split('\n---\n');
  const text = documents.find((document) => document.includes('kind: StatefulSet')) ?? '';
  const all = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]);
  const number = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(text)?.[1]);
  if (!text.includes('readOnlyRootFilesystem: true') || !text.includes('drop: [ALL]')) {
    throw new Error('the manifest has another security context than this container');
  }
  return {
    user: number('runAsUser'),
    mounts: new Map(all(/- name: (\S+)\n +mountPath: (\S+)/g) as [string, string][]),
    environment: Object.fromEntries(all(/- name: (OCWEB_\w+)\n +value: (\S+)/g)),
    graceSeconds: number('terminationGracePeriodSeconds'),
  };
}

/** Why no container can be made here, if none can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'only root may make it';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'nobody may mount anything here';
  }
}

/** What ends in running what follows it as that pod's container, whose volumes are folders in `folder`. */
export function containerOf(pod: Pod, folder: string, builds: { programs: string; page: string }): string[] {
  const inside = join(folder, 'root');
  const lines = [
    `mkdir -p ${inside}`,
    `mount -t tmpfs -o mode=755 none ${inside}`,
    `for link in bin lib lib64 sbin; do [ ! -e /$link ] || cp -P /$link ${inside}/; done`,
    // bind WHAT WHERE: folders and files alike.
    `bind() { if [ -d "$1" ]; then mkdir -p "${inside}$2"; else mkdir -p "$(dirname "${inside}$2")"; : >"${inside}$2"; fi; mount --rbind "$1" "${inside}$2"; }`,
    'for part in /usr /proc /dev; do bind $part $part; done',
    // A copy: the config file is put into it, which must not reach the machine's own.
    `cp -a /etc ${inside}/etc`,
    `bind ${builds.programs} /opt/ocweb/libexec`,
    `bind ${builds.page} /opt/ocweb/web`,
    `bind ${join(root, 'caddy')} /opt/ocweb/caddy`,
    `bind ${realpathSync(join(root, '.tools/opencode'))} /opt/ocweb/tools/opencode`,
    `bind ${realpathSync(join(root, '.tools/caddy'))} /opt/ocweb/tools/caddy`,
  ];
  // The outer one first, as a container runtime does it.
  const mounts = [...pod.mounts].sort(([, one], [, other]) => one.length - other.length);
  for (const [name, place] of mounts) {
    if (name === 'config') {
      lines.push(`mkdir -p ${inside}${place}`, `cp ${join(base, 'config.jsonc')} ${inside}${place}/`);
      continue;
    }
    const volume = join(folder, name);
    // As the kubelet makes it: root's, and the group's.
    lines.push(
      `mkdir -p ${volume}`,
      `chgrp ${pod.user} ${volume}`,
      `chmod 2775 ${volume}`,
      `bind ${volume} ${place}`,
    );
  }
  lines.push(`mount -o remount,ro ${inside}`);
  const user = `--reuid ${pod.user} --regid ${pod.user} --clear-groups --no-new-privs --bounding-set -all --inh-caps -all`;
  lines.push(`exec chroot ${inside} /usr/bin/setpriv ${user} "$@"`);
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', lines.join('\n'), 'sh'];
}
