// What the pages name is there: scripts, options of the benchmark, environment variables, files and headings behind links.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { usage } from '../../bench/args.ts'
import { allPageNames, blocksOf, pageText, root } from './pages.ts'

const { scripts } = JSON.parse(pageText('package.json')) as { readonly scripts: object }

describe.each(allPageNames)('%s', (name) => {
  const text = pageText(name)
  const named = (pattern: RegExp): string[] => [
    ...new Set([...text.matchAll(pattern)].map((match) => match[1] as string)),
  ]

  test('names npm scripts that exist', () => {
    expect(named(/\bnpm (?:run )?((?<=run )[\w:]+|test[\w:]*)/g).filter((script) => !(script in scripts))).toEqual([])
  })

  test('names environment variables that the code reads', () => {
    const readers = [
      'src/engine/native/binding.ts',
      'test/support/need.ts',
      'test/differential/differential.test.ts',
      'test/faults/daemon-process.test.ts',
    ]
    const code = readers.map(pageText).join('\n')
    expect(named(/\b(SIDELANE_[A-Z_]+)/g).filter((variable) => !code.includes(`process.env['${variable}']`))).toEqual(
      [],
    )
  })

  test('has links that lead somewhere', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
    const broken = links.filter(([, path = '', anchor]) => {
      const file = path === '' ? join(root, name) : join(root, name, '..', path)
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(anchor))
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

test.each(['README.md', 'bench/METHOD.md'])('%s names options of the benchmark that exist', (name) => {
  // The blocks of other commands have options of their own.
  const text = pageText(name).replaceAll(/^```(?:(?!^```)[^])*^```$/gm, '')
  const named = [...text.matchAll(/(?<=[ `])--[a-z][a-z-]+/g)].map(([option]) => option)
  expect(named).not.toEqual([])
  expect(named.filter((option) => !usage.includes(option))).toEqual([])
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
