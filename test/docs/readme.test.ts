// The README is true: its examples run, its tables say what the code does, and what it names is there.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProcessor, defineContract, type Contract } from 'sidelane'
import { afterAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { usage } from '../../bench/args.ts'
import { resolveHostOptions } from '../../src/contract/options.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const method = readFileSync(join(root, 'bench', 'METHOD.md'), 'utf8')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text as string)
const [contractAndCall = '', hostAndLock = ''] = blocks('ts')
const [firstCommands = '', cliCommands = ''] = blocks('sh')

/** The commands of a block, without their comments. */
const commandsOf = (block: string): string[] => block.split('\n').flatMap((line) => line.split('#')[0]?.trim() || [])

/** A project of its own: the built package and zod are installed, nothing else. */
const project = mkdtempSync(join(tmpdir(), 'sidelane-readme-'))
afterAll(() => rmSync(project, { recursive: true, force: true }))
mkdirSync(join(project, 'node_modules'))
symlinkSync(root, join(project, 'node_modules', 'sidelane'), 'dir')
for (const name of ['zod', '@types']) {
  symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name), 'dir')
}
writeFileSync(join(project, 'package.json'), '{"type":"module"}')

function run(script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: project, encoding: 'utf8' })
  expect(status, stdout + stderr).toBe(0)
  return stdout
}

/** Compiles `source` as a user's strict TypeScript, to `name`.js. */
function compile(name: string, source: string): void {
  writeFileSync(join(project, `${name}.ts`), source)
  const flags = '--strict --target es2022 --module nodenext --lib es2023,esnext.disposable --types node --skipLibCheck'
  run(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...flags.split(' '), `${name}.ts`)
}

/** Puts lines behind the imports. */
const afterImports = (source: string, lines: string): string => source.replace(/\n\n/, `\n\n${lines}\n`)

/** What the example leaves to its reader. */
const free = (payload: string): string => `
const payload: string = ${JSON.stringify(payload)}
const store = (body: Uint8Array, digest: string | null): void => console.log('stored', body.length > 0, digest?.length)
const reply = (status: number, issues: readonly { pointer: string }[]): void => console.log(status, issues[0]?.pointer)
`
const order = { id: 'b7ad1a21-58ab-4ba6-9e2c-5c6b3d3a6a10', email: ' Ann@Example.ORG', quantity: 1 }

describe('the README', () => {
  test('has no code block that this file does not check', () => {
    expect(readme.match(/^```\w+/gm)).toEqual(['```sh', '```ts', '```sh', '```ts'])
  })

  test('shows the two commands on its first screen, each of them complete', () => {
    expect(readme.split('\n').slice(0, 20).join('\n')).toContain(firstCommands)
    expect(commandsOf(firstCommands)).toEqual(['npm ci && npm run bench', 'npm ci && npm test'])
  })

  test.each([
    ['stores a good payload', order, 'stored true 64\n'],
    ['replies to a bad one', { ...order, quantity: 0 }, '422 /quantity\n'],
  ])('has a first example that compiles and %s', (_, payload, output) => {
    compile('first', afterImports(contractAndCall, free(JSON.stringify(payload))))
    expect(run('first.js')).toBe(output)
  })

  test('has commands that turn its contract into the lock that its second example loads', () => {
    const [definition = ''] = contractAndCall.split('await using')
    compile('order.contract', definition.replace('const order', 'export const order'))
    for (const command of commandsOf(cliCommands)) {
      const [npx, name, ...args] = command.split(' ')
      expect([npx, name]).toEqual(['npx', 'sidelane'])
      run(join(root, 'dist', 'cli', 'main.js'), ...args)
    }
    const call = `const outcome = await orders.process(${JSON.stringify(JSON.stringify(order))}, { canonical: true })`
    compile('second', `${hostAndLock}${call}\nif (outcome.ok) console.log(outcome.value())\nawait host.close()\n`)
    expect(run('second.js')).toContain("email: 'ann@example.org'")
  })
})

describe('a table of options', () => {
  /** The rows under a heading's first cell: names in backticks and what stands beside them. */
  const rowsOf = (head: string): { names: string[]; text: string }[] => {
    const [, table = ''] = readme.split(`| ${head} | default | |\n|---|---|---|\n`)
    const lines = table.slice(0, table.indexOf('\n\n')).split('\n')
    return lines.map((line) => {
      const [, names = '', ...text] = line.split(' | ').join('|').split('|')
      return { names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name as string), text: text.join('|') }
    })
  }
  const listed = (error: unknown): string[] => /among (.*), got/.exec(String(error))?.[1]?.split(', ') ?? []
  const schema = z.strictObject({ a: z.int() })

  test('lists every option of defineContract, with its default', () => {
    let known: string[] = []
    try {
      defineContract({ name: 'a', schema, unheard: 1 } as never)
    } catch (error) {
      known = listed(error)
    }
    const rows = rowsOf('option of `defineContract`')
    expect(['name', 'schema', ...rows.flatMap(({ names }) => names)].toSorted()).toEqual(known.toSorted())
    const { numbers, limits, compress, digest } = defineContract({ name: 'a', schema }).lock
    const { maxBytes, maxDepth, maxKeys } = limits
    const text = (name: string): string => rows.find(({ names }) => names.includes(name))?.text ?? ''
    expect(text('numbers')).toMatch(`\`'${numbers}'\``)
    expect(text('limits')).toMatch(`${maxBytes / 2 ** 20} MiB, depth ${maxDepth}, ${maxKeys.toLocaleString('en')} keys`)
    expect(text('compress')).toMatch(`{ codec: '${compress.codec}', level: ${compress.level} }`)
    expect(text('digest')).toMatch(`\`'${digest}'\``)
  })

  test('lists every option of createProcessor, with its default', async () => {
    const contract: Contract = defineContract({ name: 'a', schema })
    const known = listed(await createProcessor(contract, { unheard: 1 } as never).catch((error: unknown) => error))
    const rows = rowsOf('option')
    expect(rows.flatMap(({ names }) => names).toSorted()).toEqual(known.toSorted())
    const { threads, maxQueue, maxQueueBytes, deadlineMs, ...rest } = resolveHostOptions({ placement: 'pool' }, 8)
    const { placement, deadlineMs: inline } = resolveHostOptions({}, 8)
    const text = (name: string): string => rows.find(({ names }) => names.includes(name))?.text ?? ''
    expect(text('placement')).toMatch(`\`'${placement}'\``)
    expect(text('engine')).toMatch(`\`'${rest.engine}'\``)
    expect([threads, text('threads')]).toEqual([7, expect.stringContaining('cores − 1')])
    expect(text('maxQueue')).toMatch(`${maxQueue.toLocaleString('en')} · ${maxQueueBytes / 2 ** 20} MiB`)
    expect([inline, text('deadlineMs')]).toEqual([
      undefined,
      expect.stringContaining(`${deadlineMs?.toLocaleString('en')} in the pool, none inline`),
    ])
  })
})

describe.each([
  ['README.md', readme, root],
  ['bench/METHOD.md', method, join(root, 'bench')],
])('%s', (_, text, folder) => {
  test('names npm scripts that exist', () => {
    const named = [...text.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name as string)
    expect(named.filter((name) => name !== 'ci' && !(name in scripts))).toEqual([])
  })

  test('names options of the benchmark that exist', () => {
    const named = [...text.matchAll(/(?<=[ `])--[a-z][a-z-]+/g)].map(([name]) => name)
    expect(named.filter((name) => !usage.includes(name))).toEqual([])
  })

  test('names environment variables that the code reads', () => {
    const named = new Set(text.match(/SIDELANE_[A-Z_]+/g))
    const read = ['src/engine/native/binding.ts', 'test/support/need.ts', 'test/differential/differential.test.ts']
    const code = read.map((file) => readFileSync(join(root, file), 'utf8')).join('\n')
    expect([...named].filter((name) => !code.includes(`process.env['${name}']`))).toEqual([])
  })

  test('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link as string)
    expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([])
  })
})
