// Where texts stop to be JSON: against V8's parser, and hostile texts.
import { describe, expect, test } from 'vitest'
import { readBytes, readText, type ReadError } from '../../src/json/index.ts'
import { jsonExpectations } from '../../src/tables/json-expectations.ts'
import { readVectors, type ReadVector } from '../engine/vectors.ts'
import { Random } from '../differential/payloads.ts'
import { seed } from '../support/seed.ts'

const limits = { maxBytes: 1 << 24, maxDepth: 120, maxKeys: 10_000, numbers: 'double' } as const

function errorOf(text: string): ReadError['params'] {
  const read = readText(text, limits)
  return read.ok ? undefined : read.params
}

/** What may follow a prefix up to the end of its innermost token or member. */
const endings = ['', '0', '"', 'n"', 'u0000"', '0"', '00"', '000"', '0000"', '"":0'].concat(
  ['true', 'false', 'null'].flatMap((word) => Array.from(word, (_, i) => word.slice(i + 1))),
)
const suffixes = [...endings, ...endings.map((ending) => `${ending}:0`)]

/** The brackets that close what is open. */
function closing(text: string): string {
  let brackets = ''
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') brackets = (token === '{' ? '}' : ']') + brackets
    else if (token === '}' || token === ']') brackets = brackets.slice(1)
  }
  return brackets
}

/** Whether some JSON text starts with the text, by V8's parser. */
const isPrefix = (text: string): boolean =>
  suffixes.some((suffix) => {
    try {
      JSON.parse(text + suffix + closing(text + suffix))
      return true
    } catch {
      return false
    }
  })

const documents = [
  '{"id":"a\\u00e9\\n","list":[1,-2.5e+3,0,true,false,null,{}],"o":{"é€😀":[[],""]}} ',
  ' [ "\\ud83d\\ude00" , 1E-2 ,\r\n -0.0 ] ',
]
const inserts = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '.', 'e', '-', 'u', 't', ' ', '\n', 'é', '\u0001']

test(`the offset is behind the longest prefix of a JSON text (SIDELANE_SEED=${seed})`, () => {
  const random = new Random(seed)
  let checked = 0
  for (let i = 0; i < 4000; i++) {
    const document = documents[i % documents.length] as string
    const from = random.below(document.length)
    const to = from + random.below(3)
    const insert = inserts[random.below(inserts.length)] as string
    const text = document.slice(0, from) + insert + document.slice(to)
    const params = errorOf(text)
    if (params?.expected === undefined) continue
    checked++
    const bytes = Buffer.from(text)
    const prefix = bytes.subarray(0, params.offset).toString()
    const next = [...bytes.subarray(params.offset).toString()][0]
    expect(isPrefix(prefix), JSON.stringify([text, prefix])).toBe(true)
    if (next !== undefined) expect(isPrefix(prefix + next), JSON.stringify([text, prefix + next])).toBe(false)
  }
  expect(checked).toBeGreaterThan(1000)
})

test('the vectors have every word for what is expected', () => {
  const words = readVectors<ReadVector>('read/positions').map(({ expect: answer }) =>
    answer.ok ? undefined : answer.params?.expected,
  )
  expect(new Set(words.filter((word) => word !== undefined))).toEqual(new Set(Object.keys(jsonExpectations)))
})

describe('hostile texts', () => {
  test.each([
    ['one line', ' '.repeat(1 << 24).slice(1)],
    ['lines alone', '\r\n'.repeat((1 << 23) - 1)],
    ['four-byte characters', `"${'😀'.repeat((1 << 22) - 1)}`],
    ['escapes', `"${'\\u0041'.repeat(2_000_000)}`],
    ['an array', `[${'1,'.repeat(1 << 22)}`],
  ])('%s of 16 MiB', (_, text) => {
    const bytes = Buffer.from(text)
    const read = readBytes(bytes, limits)
    expect(read).toMatchObject({ code: 'parse.syntax', params: { offset: bytes.length } })
  })
})
