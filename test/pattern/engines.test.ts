// The two automatons against each other: random regular expressions through the whole engines.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patternOfRegex } from '../../src/contract/define/regex.ts'
import type { Contract } from '../../src/model/index.ts'
import { contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { randomRegex, randomText } from './random-pattern.ts'

test('the engines have the same verdict on random texts under random patterns', (context) => {
  const engines = [needEngine('js', context), needEngine('native', context)]
  let accepted = 0
  let rejected = 0
  const property = fc.property(randomRegex, fc.array(randomText, { minLength: 8, maxLength: 8 }), (regex, texts) => {
    const contract = contractOrNothing(regex)
    if (contract === undefined) return
    const compiled = engines.map((engine) => engine.compile(contract))
    for (const text of texts) {
      const payload = Buffer.from(JSON.stringify(text))
      const [js, native] = compiled.map((one) => one.process(payload, false).ok)
      expect(native, JSON.stringify(text)).toBe(js)
      if (js) accepted++
      else rejected++
    }
  })
  fc.assert(property, { numRuns: 600 })
  expect(Math.min(accepted, rejected)).toBeGreaterThan(500)
})

function contractOrNothing(regex: RegExp): Contract | undefined {
  try {
    return contractOf({ type: 'string', ...patternOfRegex(regex) }, { compress: { codec: 'none' } })
  } catch {
    // Outside the grammar; differential.test.ts counts these.
    return undefined
  }
}
