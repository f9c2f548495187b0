// Writes test/vectors/pattern/generated.json: the patterns of random regular expressions, and texts with the verdict of
// V8's RegExp, for the engines without it. Run by hand with a TypeScript runner; the same seed gives the same file.

import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { patternOfRegex } from '../../src/contract/define/regex.ts'
import { randomRegex, randomText, verdictsOfRegex } from './random-pattern.ts'

const seed = 20_240_229
const patterns = 500
const textsEach = 16
const target = new URL('../vectors/pattern/generated.json', import.meta.url)

const samples = fc.sample(
  fc.tuple(randomRegex, fc.uniqueArray(randomText, { minLength: textsEach, maxLength: textsEach })),
  { seed, numRuns: patterns },
)

const lines = samples.flatMap(([regex, texts]) => {
  const written = patternOrNothing(regex)
  if (written === undefined) return []
  const verdicts = verdictsOfRegex(regex, texts)
  const matches = texts.filter((_, i) => verdicts[i])
  const differs = texts.filter((_, i) => !verdicts[i])
  return [`  ${ascii(JSON.stringify({ regex: String(regex), ...written, matches, differs }))}`]
})

function patternOrNothing(regex: RegExp): ReturnType<typeof patternOfRegex> | undefined {
  try {
    return patternOfRegex(regex)
  } catch {
    // Outside the grammar.
    return undefined
  }
}

writeFileSync(target, `[\n${lines.join(',\n')}\n]\n`)

function ascii(text: string): string {
  return text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
