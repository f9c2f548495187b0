// Writes test/vectors/pattern/generated.json: random patterns and texts with the verdict of V8's RegExp, for the
// engines without it. Run by hand with a TypeScript runner; the same seed gives the same file.

import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { randomPattern, randomText } from './random-pattern.ts'

const seed = 20_240_229
const patterns = 400
const textsEach = 16
const target = new URL('../vectors/pattern/generated.json', import.meta.url)

const samples = fc.sample(
  fc.tuple(randomPattern, fc.uniqueArray(randomText, { minLength: textsEach, maxLength: textsEach })),
  {
    seed,
    numRuns: patterns,
  },
)

const lines = samples.map(([pattern, texts]) => {
  const native = new RegExp(pattern, 'u')
  const matches = texts.filter((text) => native.test(text))
  const differs = texts.filter((text) => !native.test(text))
  return `  ${ascii(JSON.stringify({ pattern, matches, differs }))}`
})

writeFileSync(target, `[\n${lines.join(',\n')}\n]\n`)

function ascii(text: string): string {
  return text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
