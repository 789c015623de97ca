// Puts Blockcerts' verifier into node_modules, from its npm tarball and no more.
//
// Its package.json names branches of repositories as dependencies, so `npm install` wants a git
// host. The tarball's bundle for Node has all of them inside; it is taken as it was published, and
// its digest is pinned here as a lock file would.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = '@blockcerts/cert-verifier-js@6.35.0';
const INTEGRITY =
  'sha512-INyGEcqTdXC8ToLmUWMpvM45T+CAr6VNfCCpGOmgSal8RFCDM0fPvgGjBoX7YZ2s4UjQKzjmKq8haegJ7ow8qw==';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'blockcerts-'));
try {
  const packed = execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder]);
  const tarball = join(folder, packed.toString().trim().split('\n').at(-1));
  const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  if (`sha512-${digest}` !== INTEGRITY) {
    throw new Error(`${PACKAGE} is not what was pinned: sha512-${digest}`);
  }
  const goal = join(here, 'node_modules', '@blockcerts', 'cert-verifier-js');
  rmSync(goal, { recursive: true, force: true });
  mkdirSync(goal, { recursive: true });
  const parts = ['package/package.json', 'package/dist/verifier-node'];
  execFileSync('tar', ['-xzf', tarball, '-C', goal, '--strip-components=1', ...parts]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
