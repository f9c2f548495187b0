// Installs the packed sidelane and one engine package in a fresh project, as a user would, and asks `sidelane doctor` whether
// the native engine answers, and sidelaned for its version: for the release, on each platform.
//
//   node native/check-engine.mjs FOLDER PLATFORM     FOLDER has the tarballs of `npm pack`

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const [folder, platform] = process.argv.slice(2)
if (platform === undefined) fail('Expected FOLDER PLATFORM')
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const project = mkdtempSync(join(tmpdir(), 'sidelane-check-'))
process.on('exit', () => rmSync(project, { recursive: true, force: true, maxRetries: 10 }))
writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'check', private: true, type: 'module' }))
// npm is a script with its own launcher on Windows.
run('npm', ['i', '--no-audit', '--no-fund', tarball('sidelane'), tarball(`sidelane-engine-${platform}`)], {
  shell: process.platform === 'win32',
})

const doctor = JSON.parse(run(process.execPath, [installed('sidelane/dist/cli/main.js'), 'doctor', '--json']))
const { found, details } = doctor.checks.find(({ id }) => id === 'engine')
if (!doctor.ok) fail(JSON.stringify(doctor.checks.filter(({ status }) => status === 'fail')))
if (details.kind !== 'native') fail(found)
process.stdout.write(`${found}\n`)
if (process.platform !== 'win32') {
  process.stdout.write(`sidelaned ${run(installed(`@sidelane/engine-${platform}/sidelaned`), ['--version'])}`)
}

function tarball(name) {
  return resolve(folder, `${name}-${version}.tgz`)
}

function installed(path) {
  return join(project, 'node_modules', path)
}

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: project, encoding: 'utf8', ...options })
  if (status !== 0) fail(`${command} ${args.join(' ')} failed\n${error?.message ?? stdout + stderr}`)
  return stdout
}

function fail(message) {
  process.stderr.write(`check-engine: ${message}\n`)
  process.exit(1)
}
