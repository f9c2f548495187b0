// Compares the tables of the pages with the code that they describe.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import {
  checkCallOptions,
  checkStreamOptions,
  resolveHostOptions,
  resolveProcessorOptions,
} from '../../src/model/options.ts'
import { resolveProducer } from '../../src/bullmq/settings.ts'
import { resolveBreaker, resolveFallback } from '../../src/model/policy-options.ts'
import { resolveRolloutOptions, type RolloutOptions } from '../../src/model/rollout-options.ts'
import { resolveRedisCache } from '../../src/redis-cache/options.ts'
import { logEvents } from '../../src/tables/daemon-texts.ts'
import { jsonExpectations } from '../../src/tables/json-expectations.ts'
import { keywordsOfKind } from '../../src/tables/lock-keywords.ts'
import { sidelane } from '../support/cli.ts'
import { faultOf } from '../support/fault-of.ts'
import { contractOf } from '../support/locks.ts'
import { pageText, root, tableBelow } from './pages.ts'

/** The error message for options that a function refuses. */
const refusalOf = (run: (options: never) => unknown, options: object): string =>
  faultOf(() => run(options as never)).message

const bare = (cell = ''): string => cell.replaceAll('`', '')
const cores = 9
const settings = resolveHostOptions({ placement: 'pool', cache: {} }, cores) as unknown as Record<string, unknown>

interface Options {
  /** Default: docs/placements.md. */
  readonly page?: string
  readonly heading: string
  readonly check: (options: never) => unknown
  /** The defaults of the code; undefined for an option without one. */
  readonly defaults: Readonly<Record<string, unknown>>
}

const rolloutSides: RolloutOptions = {
  contract: contractOf({}),
  baseline: () => ({ ok: false }),
  candidate: () => ({ ok: false }),
}

const optionTables: readonly Options[] = [
  {
    heading: 'Options of a host',
    check: (options) => resolveHostOptions(options, cores),
    defaults: { ...settings, ...{ placement: resolveHostOptions({}, cores).placement, cache: undefined } },
  },
  {
    heading: 'Options of a processor',
    check: resolveProcessorOptions,
    defaults: { ...resolveProcessorOptions({}) },
  },
  { heading: 'Options of a call', check: checkCallOptions, defaults: {} },
  { heading: 'Stream', check: checkStreamOptions, defaults: {} },
  {
    page: 'docs/cache.md',
    heading: 'Local cache',
    check: (cache) => resolveHostOptions({ cache }, cores),
    defaults: settings['cache'] as Record<string, unknown>,
  },
  {
    page: 'docs/rollout.md',
    heading: 'Options',
    check: (options: object) => resolveRolloutOptions({ ...rolloutSides, ...options }),
    defaults: {
      ...resolveRolloutOptions(rolloutSides),
      ...{ guards: undefined, fallback: undefined, breaker: undefined },
    },
  },
  {
    page: 'docs/rollout.md',
    heading: 'Breaker',
    check: resolveBreaker,
    defaults: { ...resolveBreaker(true) },
  },
  {
    page: 'docs/rollout.md',
    heading: 'Fallback',
    check: (options: object) => resolveFallback({ to: 'inline', ...options }, 'pool'),
    defaults: { maxQueueMs: resolveFallback('inline', 'pool')?.maxQueueMs },
  },
]

describe.each([
  ...optionTables,
  {
    page: 'docs/cache.md',
    heading: 'Shared cache',
    check: (options: object) => resolveRedisCache({ connection: 'redis://host', ...options }),
    defaults: { ...resolveRedisCache({ connection: 'redis://host' }), connection: undefined },
  },
  {
    page: 'docs/queue.md',
    heading: 'Producers',
    check: (options: object) => resolveProducer({ connection: 'redis://host', ...options }),
    defaults: { ...resolveProducer({ connection: 'redis://host' }).settings, batch: undefined, connection: undefined },
  },
])('$page, $heading', ({ page = 'docs/placements.md', heading, check, defaults }) => {
  const rows = tableBelow(page, heading)

  test('lists every option', () => {
    const known = /among (.*), got/.exec(refusalOf(check, { nothing: 1 }))?.[1]
    expect(rows.map(([name]) => bare(name)).join(', ')).toBe(known)
  })

  test.each(rows.map(([name, takes]) => [bare(name), takes]))('%s takes %s', (name, takes) => {
    expect(refusalOf(check, { [name]: Symbol('wrong') })).toContain(`to be ${takes}, got`)
  })

  test('lists the defaults', () => {
    const listed = rows.map(([name, , shown]) => [bare(name), bare(shown)])
    const found = rows.map(([name]) => [bare(name), shownDefault(bare(name), defaults[bare(name)])])
    expect(listed).toEqual(found)
  })
})

function shownDefault(name: string, value: unknown): string {
  if (name === 'threads') return value === cores - 1 ? 'cores − 1' : 'something else'
  if (value === undefined) return '–'
  return typeof value === 'number' ? value.toLocaleString('en-US') : (value as string | boolean).toString()
}

test('docs/contract.md lists every option of defineContract, with its default', () => {
  const given = { name: 'a', schema: z.strictObject({ a: z.int() }) }
  const rows = tableBelow('docs/contract.md', 'Options of `defineContract`')
  const known = /among (.*), got/.exec(refusalOf(defineContract, { ...given, unknown: 1 }))?.[1]
  expect(['name', 'schema', ...rows.map(([name]) => bare(name))].toSorted()).toEqual(known?.split(', ').toSorted())
  const defaults = new Map(rows.map(([name, shown]) => [bare(name), bare(shown)]))
  const { numbers, limits, compress, digest } = defineContract(given).lock
  const { maxBytes, maxDepth, maxKeys } = limits
  expect(defaults.get('numbers')).toBe(`'${numbers}'`)
  expect(defaults.get('limits')).toBe(
    `${maxBytes / 2 ** 20} MiB, depth ${maxDepth}, ${maxKeys.toLocaleString('en')} keys`,
  )
  expect(defaults.get('compress')).toBe(`{ codec: '${compress.codec}', level: ${compress.level} }`)
  expect(defaults.get('digest')).toBe(`'${digest}'`)
})

describe('docs/contract.md', () => {
  test('lists every form of profile p1 with its keywords', () => {
    const kinds = Object.entries(keywordsOfKind).map(([kind, keywords]) => [kind, keywords.join(', ')])
    const rows = tableBelow('docs/contract.md', 'Profile p1').map(([name, list]) => [name, bare(list)])
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(kinds))
  })

  test('lists every codec with its levels', () => {
    const source = readFileSync(join(root, 'src/contract/lock/fields.ts'), 'utf8')
    const [, body = ''] = /levelRanges[^=]*= \{(.*?)\n\}/s.exec(source) ?? []
    const levels = [...body.matchAll(/^ {2}'?([\w-]+)'?: (?:\{ min: (\d+), max: (\d+), default: (\d+) \}|undefined)/gm)]
    const expected = levels.map(([, name, min, max, level]) => [name, min ? `${min}–${max}` : '–', level ?? '–'])
    const rows = tableBelow('docs/contract.md', 'Codecs and dictionaries')
    expect(rows.map(([name, range, level]) => [bare(name), range, level])).toEqual(expected)
  })
})

test('docs/errors.md lists every word for what is expected', () => {
  const page = pageText('docs/errors.md')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, word, text]) => [word, text] as const)
  const table = Object.fromEntries(rows.slice(rows.findIndex(([word]) => word === 'value')))
  expect(table).toMatchObject(jsonExpectations)
  expect(Object.keys(table).slice(0, 13)).toEqual(Object.keys(jsonExpectations))
})

test('docs/errors.md names a source for each fault', () => {
  const page = pageText('docs/errors.md')
  const [, faults = '', raised = ''] = /## Faults(.*)## Sources of faults(.*)/s.exec(page) ?? []
  const codesIn = (text: string): string[] => [...text.matchAll(/`([a-z_.]+)`/g)].map(([, code]) => code as string)
  const codes = [...faults.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) => codesIn(cell as string))
  const named = new Set([...raised.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) => codesIn(cell as string)))
  expect(codes.filter((code) => !named.has(code))).toEqual([])
})

describe.skipIf(!existsSync(join(root, 'dist/cli/main.js')))('docs/cli.md', () => {
  const namesIn = (help: string): string[] =>
    [...(/^Commands\n((?: {2}.*\n)+)/m.exec(help)?.[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map(
      ([, name]) => name as string,
    )
  const optionsIn = (text: string): string[] =>
    [...new Set(text.match(/(?<![\w-])--?[a-z][a-z-]*/g))].filter((name) => name !== '--help').toSorted()

  test('has a section for each command', async () => {
    const groups = namesIn((await sidelane(['--help'])).stdout)
    const inside = async (group: string): Promise<string[]> =>
      namesIn((await sidelane([group, '--help'])).stdout).map((own) => `${group} ${own}`)
    const commands = (
      await Promise.all(
        groups.map((name) => (name === 'contract' || name === 'rollout' ? inside(name) : Promise.resolve([name]))),
      )
    ).flat()
    const sections = [...pageText('docs/cli.md').matchAll(/^## sidelane (.*)$/gm)].map(([, name]) => name as string)
    expect(commands.length).toBeGreaterThan(6)
    expect(sections.toSorted()).toEqual(commands.toSorted())
  })

  test.each([...pageText('docs/cli.md').matchAll(/^## sidelane (.*)$/gm)].map(([, name]) => name as string))(
    'has the options of sidelane %s',
    async (command) => {
      const { stdout } = await sidelane([...command.split(' '), '--help'])
      // Options are indented by two columns; the examples below them are left out.
      const [own = ''] = stdout.split(/^Examples$/m)
      const listed = optionsIn(
        [...own.matchAll(/^ {2}(-.*)$/gm)].map(([, line]) => (line as string).split(/ {3}/)[0]).join('\n'),
      )
      const page = tableBelow('docs/cli.md', `sidelane ${command}`)
      // The options of the daemon are listed in docs/daemon.md alone.
      const daemonOptions = command === 'serve' ? tableBelow('docs/daemon.md', 'Options') : []
      const rows = [...page, ...daemonOptions].map(([option]) => option)
      expect(optionsIn(rows.join('\n'))).toEqual(listed)
    },
  )

  test('lists the codes that inspect reports', () => {
    const source = readFileSync(join(root, 'src/cli/process/inspect-result.ts'), 'utf8')
    const own = [...source.matchAll(/new Problem\(\s*'([a-z.]+)'/g)].map(([, code]) => code as string)
    const [, table = ''] = /JSON lines, `[^\n]*\n\n(.*?)\n\n/s.exec(pageText('docs/cli.md')) ?? []
    const rows = new Set([...table.matchAll(/^\| `([a-z.]+)` \|/gm)].map(([, code]) => code as string))
    // The last three are codes of `decompress`.
    expect(rows).toEqual(new Set([...own, 'codec.corrupt', 'codec.unavailable', 'limit.output']))
  })
})

test('docs/daemon.md lists every log event', () => {
  const [, listed = ''] = /^Events: (.*?)\. `level`/ms.exec(pageText('docs/daemon.md')) ?? []
  expect([...listed.matchAll(/`(\w+)`/g)].map(([, event]) => event)).toEqual(Object.keys(logEvents))
})
