// docs/runbook.md is what its script makes: the same cases, commands and lines, whatever the numbers of the machine are.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshFolder } from '../support/folders.ts'
import { needDaemon } from '../support/daemon.ts'
import { blocksOf, pageText, root } from './pages.ts'

const commands = ['doctor', 'ping', 'stats', 'rollout status', 'log', 'rollout stop']

/** A line without what differs between two runs. */
const skeletonOf = (line: string): string =>
  line
    // The finding of a check depends on the machine.
    .replace(/^(ok|warn) +(\S+) .*/, '$2')
    // The values of `stats`.
    .replace(/^( {2}[a-z][a-z ]*?) {2,}\S.*/, '$1')
    .replaceAll(/guard=\w+|(?:errorRate|deadlineRate|p95AddedMs) [\d.]+ > /g, 'guard')
    .replaceAll(/[\d.,]+(?: ?(?:[KMG]i)?B\b| ?[mµ]?s\b)?/g, '0')
    .replaceAll(/ +/g, ' ')
    .trim()

/** Events of the breaker, and rows of codes, come with the time that a case takes. */
const isVolatile = (line: string): boolean =>
  /rollout_breaker|\d (?:order framed|report http) \w+$|overloaded order$/.test(line) || line.startsWith('→')

const structureOf = (page: string): string[] => [
  ...new Set(
    page
      .split('\n')
      .map(skeletonOf)
      .filter((line) => line !== '' && !isVolatile(line)),
  ),
]

test('shows six commands in each of four cases, and says in two lines what to do', () => {
  const page = pageText('docs/runbook.md')
  const sections = page.split(/^## /m).slice(1)
  expect(sections.map((section) => section.split('\n')[0])).toEqual([
    'Healthy',
    'The daemon is gone',
    'The daemon is overloaded',
    'The contracts differ',
  ])
  for (const section of sections) {
    const shown = [...section.matchAll(/^\$ sidelane (\w+(?: (?:status|stop)\b)?)/gm)].map(([, name]) => name)
    expect(shown).toEqual(commands)
    expect(section.match(/^\*\*You (?:see|do):\*\* \S.*\.$/gm)).toHaveLength(2)
  }
  expect(blocksOf('docs/runbook.md')).toHaveLength(sections.length)
  expect(page).not.toContain(root)
})

test('is what npm run generate:runbook makes', async (context) => {
  if (!existsSync(join(root, 'dist/cli/main.js'))) context.skip('dist is not there: npm run build')
  needDaemon('sidelaned', context)
  const made = join(freshFolder(), 'runbook.md')
  await promisify(execFile)(process.execPath, [join(root, 'test/docs/generate-runbook.mjs'), made])
  expect(structureOf(readFileSync(made, 'utf8'))).toEqual(structureOf(pageText('docs/runbook.md')))
}, 120_000)
