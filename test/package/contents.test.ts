// What is in the tarball.
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { tarball } from '../support/tarball.ts'

const tar = (...args: readonly string[]): string => execFileSync('tar', args, { encoding: 'utf8' })

const files = new Set(
  tar('-tzf', tarball)
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, '')),
)
const textOf = (path: string): string => tar('-xzOf', tarball, `package/${path}`)

interface PackageJson extends Readonly<Record<string, unknown>> {
  readonly bin: object
  readonly imports: object
  readonly exports: object
}
const packageJson = JSON.parse(textOf('package.json')) as PackageJson

test('at most 1 MB, without source maps and engines', () => {
  expect(statSync(tarball).size).toBeLessThan(1_000_000)
  expect([...files].filter((path) => /\.(?:map|node)$|sidelaned$/.test(path))).toEqual([])
})

test('all files that package.json names', () => {
  const paths = (value: unknown): string[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(paths) : [normalize(String(value))]
  const { bin, imports, exports, main, types, typesVersions } = packageJson
  const named = paths([bin, imports, exports, main, types, typesVersions])
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((path) => !files.has(path))).toEqual([])
})

test('a package.json without what only a clone can use', () => {
  const fields = ['scripts', 'devDependencies', 'overrides', 'napi', 'knip', 'clean-package']
  expect(fields.filter((field) => field in packageJson)).toEqual([])
  expect(packageJson).toMatchObject({
    author: 'sidelane contributors',
    homepage: 'https://github.com/sidelane/sidelane#readme',
    bugs: 'https://github.com/sidelane/sidelane/issues',
    repository: { type: 'git', url: 'git+https://github.com/sidelane/sidelane.git' },
  })
})

test('pages whose links lead to files of the tarball', () => {
  const pages = [...files].filter((path) => path.endsWith('.md'))
  expect(pages).toContain('README.md')
  const links = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(([, target]) => ({
      page,
      target: normalize(join(dirname(page), target as string)),
    })),
  )
  expect(links.length).toBeGreaterThan(20)
  const folders = new Set([...files].map((path) => dirname(path)))
  expect(links.filter(({ target }) => !files.has(target) && !folders.has(target.replace(/\/$/, '')))).toEqual([])
})

test('the drawing code of report pages, with the notices of the libraries in it', () => {
  const notices = textOf('dist/report/THIRD-PARTY.txt')
  for (const name of ['@observablehq/plot', 'd3-shape', 'd3-scale', 'isoformat']) expect(notices).toContain(`${name} `)
  // Each page contains this file, so the notices are in it too.
  const code = textOf('dist/report/charts.js')
  expect(code.slice(0, 200)).toContain('Copyright 2020-2025 Observable, Inc.')
  expect(code).not.toMatch(/^import |\bimport\(/m)
})

test('few modules: an app that loads a lock opens them all', () => {
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const [, target] of textOf(path).matchAll(/^(?:import|export) .*?from "(\.[^"]+)"|^import "(\.[^"]+)"/gm)) {
      visit(normalize(join(dirname(path), target as string)))
    }
  }
  visit('dist/index.js')
  expect(seen.size).toBeLessThan(30)
})
