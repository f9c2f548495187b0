// docs/architecture.md shows every module of src and names existing files.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocksOf, pageText, root } from './pages.ts'

test('the picture names every folder and file at the top of src', () => {
  const picture = blocksOf('docs/architecture.md').find(({ language }) => language === 'mermaid')
  const labels = new Set(
    [...(picture?.text ?? '').matchAll(/\["([^:"]+):/g)].flatMap(([, names]) => names?.split(', ')),
  )
  const modules = readdirSync(join(root, 'src')).map((name) => name.replace(/\.ts$/, ''))
  expect(modules.filter((name) => !labels.has(name))).toEqual([])
})

test('the page names existing files and folders', () => {
  const [before = '', after = ''] = pageText('docs/architecture.md').split(/<!-- call-path:begin -->.*end -->/s)
  const paths = [...(before + after).matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, path]) => path as string)
  const bases = ['', 'src', 'native']
  expect(paths.length).toBeGreaterThan(20)
  expect(paths.filter((path) => !bases.some((base) => existsSync(join(root, base, path))))).toEqual([])
})
