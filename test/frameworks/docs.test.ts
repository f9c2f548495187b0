// The blocks of docs/frameworks.md and of docstrings are parts of the examples, which examples.test.ts runs.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blocksOf, root } from '../docs/pages.ts'

const folder = `${root}docs/examples/`
const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js'))
  .map((name) => readFileSync(`${folder}${name}`, 'utf8'))

test.each(blocksOf('docs/frameworks.md').filter(({ language }) => language === 'js'))(
  '$at is part of an example',
  (block) => {
    const parts = block.text.trim().split(/\n\n(?=\S)/)
    const holders = examples.filter((example) => parts.every((part) => example.includes(part)))
    expect(holders).toHaveLength(1)
  },
)

test('the lines of code in docstrings are parts of one example', () => {
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const blocks = sources.flatMap((name) =>
    [...readFileSync(`${root}src/${name}`, 'utf8').matchAll(/^ *\* ```\w*\n((?: *\* .*\n)*?) *\* ```$/gm)].map(
      ([, text]) =>
        (text as string)
          .replaceAll(/^ *\* /gm, '')
          .trim()
          .split('\n'),
    ),
  )
  expect(blocks).toHaveLength(1)
  for (const lines of blocks) {
    expect(examples.filter((example) => lines.every((line) => example.includes(`\n${line}\n`)))).toHaveLength(1)
  }
})
