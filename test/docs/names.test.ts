// The pages name existing npm scripts, benchmark options, environment variables, files and headings.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { usage } from '../../bench/args.ts'
import { allPageNames, blocksOf, pageText, root } from './pages.ts'

const { scripts } = JSON.parse(pageText('package.json')) as { readonly scripts: object }

/** The files that `npm pack` would put into the package. */
const packed = new Set(
  (
    JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
    ) as { files: { path: string }[] }[]
  ).flatMap(({ files }) => files.map(({ path }) => path)),
)

/** The text of every source file and test. */
const code = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => name.endsWith('.ts'))
  .map(pageText)
  .join('\n')

describe.each(allPageNames)('%s', (name) => {
  const text = pageText(name)
  const named = (pattern: RegExp): string[] => [
    ...new Set([...text.matchAll(pattern)].map((match) => match[1] as string)),
  ]

  test('names npm scripts that exist', () => {
    expect(named(/\bnpm (?:run )?((?<=run )[\w:]+|test[\w:]*)/g).filter((script) => !(script in scripts))).toEqual([])
  })

  test('names environment variables that the code reads, and warnings that it gives', () => {
    const isKnown = (variable: string): boolean =>
      code.includes(`process.env['${variable}']`) || code.includes(`warnOnce('${variable}'`)
    expect(named(/\b(SIDELANE_[A-Z_]+)/g).filter((variable) => !isKnown(variable))).toEqual([])
  })

  const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([link, path = '', anchor]) => ({
    link,
    file: path === '' ? name : normalize(join(dirname(name), path)),
    anchor,
  }))

  test('links to existing files and headings', () => {
    const broken = links.filter(
      ({ file, anchor }) =>
        !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(pageText(file)).has(anchor)),
    )
    expect(broken.map(({ link }) => link)).toEqual([])
  })

  test('links only to files of the packed package', () => {
    expect(packed).toContain(name)
    expect(links.filter(({ file }) => !packed.has(file)).map(({ link }) => link)).toEqual([])
  })
})

test.each(['README.md', 'bench/METHOD.md'])('%s names options of the benchmark that exist', (name) => {
  // Code blocks are left out: they have options of other commands.
  const text = pageText(name).replaceAll(/^```(?:(?!^```)[^])*^```$/gm, '')
  const named = [...text.matchAll(/(?<=[ `])--[a-z][a-z-]+/g)].map(([option]) => option)
  expect(named).not.toEqual([])
  expect(named.filter((option) => !usage.includes(option))).toEqual([])
})

test('the README has at most 6 KB', () => {
  expect(Buffer.byteLength(pageText('README.md'))).toBeLessThanOrEqual(6 * 1024)
})

test('no example disposes at the end of a module: `await using` stands in functions only', () => {
  expect(allPageNames.filter((name) => /^await using/m.test(pageText(name)))).toEqual([])
})

test('the README shows the two commands on its first screen', () => {
  const [first] = blocksOf('README.md')
  const commands = first?.text.split('\n').flatMap((line) => line.split('#')[0]?.trim() || [])
  expect(commands).toEqual(['npm ci && npm run bench', 'npm ci && npm test'])
  expect(pageText('README.md').split('\n').slice(0, 20).join('\n')).toContain(first?.text)
})

const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
      (match[1] as string)
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(/\s/g, '-'),
    ),
  )
