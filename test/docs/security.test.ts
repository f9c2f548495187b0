// .github/SECURITY.md names tests that exist; it and CONTRIBUTING.md link to files, headings and npm scripts that exist. So
// do the rules of .ci/rules.
import { existsSync, readdirSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { pageText, root } from './pages.ts'

const page = '.github/SECURITY.md'

/** The rows of the tables with a column "test": claim, and the tests that show it as file and title. */
const claims = [...pageText(page).matchAll(/^\| \| test \|\n\|[-|]+\|\n((?:\|.*\|\n)+)/gm)].flatMap(([, rows = '']) =>
  rows
    .trimEnd()
    .split('\n')
    .map((row) => {
      const [claim = '', tests = ''] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return { claim, tests: tests.split('<br>').map((each) => /^`([^`]+)`: (.+)$/.exec(each)?.slice(1)) }
    }),
)

/** The text of the tests in the file, and how it writes `title`. */
function testsOf(name: string, title: string): { readonly path: string; readonly forms: readonly string[] } {
  if (name.endsWith('.rs')) return { path: name, forms: [`fn ${title}(`] }
  if (name.startsWith('vectors/')) return { path: `test/${name}.json`, forms: [`"description": "${title}"`] }
  return { path: `test/${name}.test.ts`, forms: [`'${title}'`, `\`${title}\``, `"${title}"`] }
}

test('each line of the threat model has a test', () => {
  expect(claims.length).toBeGreaterThan(40)
  expect(claims.filter(({ claim, tests }) => claim === '' || tests.length === 0 || tests.includes(undefined))).toEqual(
    [],
  )
  const tables = pageText(page).match(/^\| \| test \|$/gm)?.length
  const headings = pageText(page)
    .split(/^## /m)
    .filter((section) => section.includes('| | test |'))
  expect(headings.length, 'one table below a heading').toBe(tables)
})

const named = claims.flatMap(({ tests }) => tests.flatMap((each) => (each === undefined ? [] : [each])))

test.each(named)('%s: "%s" exists', (name, title) => {
  const { path, forms } = testsOf(name, title)
  expect(existsSync(join(root, path)), `${path} exists`).toBe(true)
  const text = pageText(path)
  expect(
    forms.some((form) => text.includes(form)),
    `${path} has a test "${title}"`,
  ).toBe(true)
})

describe.each(readdirSync(join(root, '.github')).filter((name) => name.endsWith('.md')))('.github/%s', (name) => {
  const text = pageText(`.github/${name}`)

  test('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
    const broken = links.filter(([, path = '', anchor]) => {
      const file = path === '' ? `.github/${name}` : normalize(join('.github', path))
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && !headingsOf(pageText(file)).has(anchor)
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })

  test('names npm scripts, files and folders that exist', () => {
    const { scripts } = JSON.parse(pageText('package.json')) as { scripts: object }
    const used = [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, script]) => script as string)
    expect(used.filter((script) => !(script in scripts))).toEqual([])
    if (name === 'SECURITY.md') return
    const paths = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map(([, path]) => path as string)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

test.each(['rust', 'typescript'])('the rules for %s name files and folders that exist', (language) => {
  interface Rule {
    readonly id: string
    readonly paths?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] }
  }
  const { rules } = parse(pageText(`.ci/rules/${language}.yaml`)) as { readonly rules: readonly Rule[] }
  const paths = rules.flatMap(({ paths: { include = [], exclude = [] } = {} }) => [...include, ...exclude])
  expect(paths.length).toBeGreaterThan(0)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

/** As GitHub makes them. */
const headingsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
