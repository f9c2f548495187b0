// docs/architecture.md shows every module of src.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocksOf, root } from './pages.ts'

test('the picture names every folder and file at the top of src', () => {
  const picture = blocksOf('docs/architecture.md').find(({ language }) => language === 'mermaid')
  const labels = [...(picture?.text ?? '').matchAll(/\["([^:"]+):/g)].flatMap(([, names]) => names?.split(', '))
  const modules = readdirSync(join(root, 'src')).map((name) => name.replace(/\.ts$/, ''))
  expect(modules.filter((name) => !labels.includes(name))).toEqual([])
})
