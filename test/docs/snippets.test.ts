// The snippets of the pages: each ts block compiles, runs against the built package and prints what the page shows, and as
// it stands it is a script in plain JavaScript that ends by itself; each sh block with sidelane commands runs and uses only existing commands and options.
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sidelane, type Result } from '../support/cli.ts'
import { needTool } from '../support/tools.ts'
import { hasDaemon, withDaemons } from './daemon-lines.ts'
import { blocksOf, pageNames, root } from './pages.ts'

const run = promisify(execFile)
const blocks = pageNames.flatMap(blocksOf)
const typescript = blocks.filter(({ language }) => language === 'ts')
const shell = blocks.filter(({ language }) => language === 'sh')

// Inside the package, so that `import … from 'sidelane'` resolves to it.
const folder = join(root, 'build', `snippets-${process.pid}`)
const fixtures = join(root, 'test/docs/fixtures')
const main = join(root, 'dist/cli/main.js')
const orders = [1, 2, 3].map(
  (quantity) => `{"id":"9b2d1a52-4cde-4f6b-8c1d-0a1b2c3d4e5f","email":" Ada@Example.org ","quantity":${quantity}}\n`,
)

interface Place {
  readonly at: string
  /** The snippet's folder. */
  readonly path: string
}
const placeOf = ({ at }: { readonly at: string }): Place => ({
  at,
  path: join(folder, at.replaceAll(/\W+/g, '-')),
})

beforeAll(async () => {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  const program = `exec "${process.execPath}" "${main}" "$@"`
  writeFileSync(join(folder, 'bin/sidelane'), `#!/bin/sh\n${program}\n`, { mode: 0o755 })
  writeFileSync(join(folder, 'bin/npx'), `#!/bin/sh\nshift\n${program}\n`, { mode: 0o755 })
  for (const name of ['run-script.mjs', 'run-snippets.mjs', 'snippet-globals.mjs', 'globals.d.ts']) {
    copyFileSync(join(fixtures, name), join(folder, name))
  }
  const lock = join(folder, 'order.lock.json')
  const made = await sidelane(['contract', 'export', join(fixtures, 'order.contract.js'), '-o', lock])
  expect(made.stderr).toContain('wrote')
  const older = JSON.parse(readFileSync(lock, 'utf8')) as { schema: { required: string[] } }
  older.schema.required = older.schema.required.filter((name) => name !== 'quantity')
  const bodies = await sidelane(['process', '--contract', lock, '--quiet'], { input: orders.join('') })
  for (const { path } of [...typescript, ...shell].map(placeOf)) {
    mkdirSync(path)
    cpSync(join(fixtures, 'order.contract.js'), join(path, 'order.contract.js'))
    cpSync(join(fixtures, 'order.contract.js'), join(path, 'order.contract.ts'))
    cpSync(join(fixtures, 'order.contract.js'), join(path, 'order.schema.ts'))
    cpSync(lock, join(path, 'order.lock.json'))
    writeFileSync(join(path, 'old.lock.json'), JSON.stringify(older))
    writeFileSync(join(path, 'orders.ndjson'), orders.join(''))
    writeFileSync(join(path, 'order.json'), orders[0] as string)
    writeFileSync(join(path, 'results.ndjson'), bodies.stdout)
    const { body } = JSON.parse(bodies.stdout.split('\n')[0] as string) as { body: string }
    writeFileSync(join(path, 'body.json.gz'), Buffer.from(body, 'base64'))
    writeFileSync(join(path, 'digest.key'), new Uint8Array(32).fill(7))
    // As docs/daemon.md shows it.
    const logLines = blocksOf('docs/daemon.md').find(({ text }) => text.includes('"event":"request"'))?.text as string
    writeFileSync(join(path, 'daemon.log'), logLines)
    writeFileSync(join(path, 'order.dict'), '{"email":"","id":"","quantity":1}')
  }
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Turns `console.log(x) // → y` into an assertion. */
const checked = (text: string): string =>
  text.replaceAll(/^(\s*)console\.log\((.*)\) \/\/ → (.*)$/gm, '$1__logs($2, $3)')

describe.skipIf(!existsSync(main))('ts snippets', () => {
  const results = new Map<string, string | null | undefined>()

  beforeAll(async () => {
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: {
        rootDir: '.',
        outDir: '.',
        noEmit: false,
        declaration: false,
        declarationMap: false,
        sourceMap: false,
        isolatedDeclarations: false,
        noUnusedLocals: false,
        moduleDetection: 'force',
      },
      include: ['**/*.ts'],
      exclude: ['**/order.contract.ts', '**/order.schema.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    for (const block of typescript) writeFileSync(join(placeOf(block).path, 'snippet.ts'), checked(block.text))
    const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]
    const compiled = await run(process.execPath, compiler).catch((error: { stdout: string }) => error)
    const typeErrors = compiled.stdout.split('\n')
    const files = typescript.map((block) => join(placeOf(block).path, 'snippet.js'))
    const ran = await run(process.execPath, [join(folder, 'run-snippets.mjs'), ...files], { timeout: 60_000 })
    const errors = JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) as string) as Record<string, string | null>
    for (const block of typescript) {
      const { path, at } = placeOf(block)
      const own = typeErrors.filter((line) => line.includes(`${path.slice(folder.length + 1)}/snippet.ts`))
      results.set(at, own.length > 0 ? own.join('\n') : errors[join(path, 'snippet.js')])
    }
  }, 120_000)

  test.each(typescript.map(({ at }) => at))('%s compiles and runs', (at) => {
    expect(results.get(at)).toBe(null)
  })

  // Node before 24 does not know `await using`.
  const scripts = typescript.filter(({ text }) => !text.includes('await using'))
  test.each(scripts)('$at is a script in plain JavaScript that ends by itself', async ({ at, text }) => {
    const { path } = placeOf({ at })
    writeFileSync(join(path, 'script.mjs'), text)
    const { stderr } = await run(process.execPath, [join(folder, 'run-script.mjs'), 'script.mjs'], {
      cwd: path,
      timeout: 60_000,
    })
    expect(stderr).toBe('')
  })

  test('one example disposes: in a function, whose end is that of the work', () => {
    expect(typescript.filter((block) => !scripts.includes(block)).map(({ at }) => at.split(':')[0])).toEqual([
      'docs/placements.md',
    ])
  })

  test.each(typescript.filter(({ output }) => output !== undefined))(
    '$at prints what the page shows',
    async (block) => {
      const { stdout } = await run(process.execPath, [join(placeOf(block).path, 'snippet.js')], { timeout: 60_000 })
      expect(stdout).toBe(block.output)
    },
  )

  test('the README shows the output of its example', () => {
    expect(blocksOf('README.md').filter(({ output }) => output !== undefined)).toHaveLength(1)
  })
})

/** The sidelane commands in a block, as arguments. */
const commandsIn = (text: string): string[][] =>
  text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/\|\||&&|[|;]/))
    .map((part) => part.trim().split(/\s+/))
    .map((words) => (words[0] === 'npx' ? words.slice(1) : words))
    .filter((words) => words[0] === 'sidelane')
    .map((words) => words.slice(1))

const helps = new Map<string, Promise<string>>()

/** The help of a command. Throws where there is no such command. */
function helpOf(topic: readonly string[]): Promise<string> {
  const key = topic.join(' ')
  const help = helps.get(key) ?? sidelane([...topic, '--help']).then(stdoutOf)
  helps.set(key, help)
  return help
}

function stdoutOf({ status, stdout, stderr }: Result): string {
  if (status === 0) return stdout
  throw new Error(stderr)
}

const topicOf = (words: readonly string[]): string[] =>
  words.slice(0, words[0] === 'contract' || words[0] === 'rollout' ? 2 : 1)
const optionsIn = (text: string): Set<string> => new Set(text.match(/(?<![\w-])--?[a-z][a-z-]*/g))

describe.skipIf(!existsSync(main))('sh snippets', () => {
  const commands = shell.flatMap(({ at, text }) => commandsIn(text).map((words) => ({ at, words })))

  test.each(commands.map(({ at, words }) => [at, words.join(' '), words] as const))(
    '%s: sidelane %s uses existing options',
    async (_at, _text, words) => {
      if (words[0]?.startsWith('-')) return
      const known = optionsIn(`${await helpOf(topicOf(words))} --help`)
      // What stands behind -- belongs to another program.
      const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
      expect(own.filter((word) => word.startsWith('-') && word !== '-' && !known.has(word))).toEqual([])
    },
  )

  test.for(shell.filter(({ text }) => /^(?:npx )?sidelane /m.test(text) || hasDaemon(text)))(
    '$at runs',
    { timeout: 150_000 },
    async (block, context) => {
      for (const tool of ['curl', 'openssl']) {
        if (new RegExp(`^${tool} `, 'm').test(block.text)) needTool(tool, context)
      }
      const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
      // In the temp directory, because the path of a socket is limited to 107 bytes.
      const sockets = mkdtempSync(join(tmpdir(), 'sidelane-'))
      try {
        const runFor = (seconds: number): Promise<unknown> => {
          const decide = `sidelane decide --seconds ${seconds} `
          const script = withDaemons(block.text, sockets).replaceAll('sidelane decide ', decide)
          const options = { cwd: placeOf(block).path, env, timeout: 100_000 }
          return run('bash', ['-e', '-o', 'pipefail', '-c', script], options)
        }
        // The shortest time that decide takes; more on a busy machine.
        await runFor(2).catch((error: { readonly stderr?: string }) => {
          if (error.stderr?.includes('The time was over') !== true) throw error
          return runFor(30)
        })
      } finally {
        rmSync(sockets, { recursive: true })
      }
    },
  )
})
