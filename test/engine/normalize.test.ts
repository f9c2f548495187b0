// Normalizing: the vectors of single strings, and where in a document strings are normalized.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normOps } from '../../src/model/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { normalizeString } from '../../src/engine/js/normalize-string.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { readVectors, type NormalizeVector } from './vectors.ts'

const normalized = (schema: unknown, payload: string): unknown =>
  JSON.parse(canonicalText(createEngine('js').compile(contractOf(schema)).process(Buffer.from(payload), false)))

const trimmed = { type: 'string', 'x-norm': ['trim'] }

describe('one string', () => {
  test.for(readVectors<NormalizeVector>('normalize/strings'))('$description', ({ ops, text, expected }) => {
    expect(normalizeString(text, ops)).toBe(expected)
  })

  test('normalizing twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.subarray([...normOps]), (text, ops) => {
        const once = normalizeString(text, ops)
        expect(normalizeString(once, ops)).toBe(once)
      }),
    )
  })

  test('texts that Unicode holds for equal are equal afterwards', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const of = (form: string): string => normalizeString(text.normalize(form), normOps)
        expect(of('NFD')).toBe(of('NFC'))
      }),
    )
  })
})

describe('a document', () => {
  test('keys are never normalized', () => {
    expect(normalized({ type: 'object', additionalProperties: trimmed }, '{" a ":" a "}')).toEqual({ ' a ': 'a' })
  })

  test('the operations are applied in the fixed order, whatever the author wrote', () => {
    const schema = { type: 'string', 'x-norm': ['trim', 'collapse', 'nfc', 'lower'] }
    expect(normalized(schema, '"\\u2001J\\u030c "')).toBe('\u01f0')
  })

  test('strings are validated after they are normalized', () => {
    expect(normalized({ type: 'string', maxLength: 1, 'x-norm': ['trim'] }, '"  a  "')).toBe('a')
  })

  test('const and enum are compared after normalizing', () => {
    expect(normalized({ enum: ['a', 'b'], 'x-norm': ['trim', 'lower'] }, '" A "')).toBe('a')
  })

  test('null passes a nullable string untouched', () => {
    const schema = { type: 'array', items: { type: ['string', 'null'], 'x-norm': ['trim'] } }
    expect(normalized(schema, '[null," a "]')).toEqual([null, 'a'])
  })

  test('both orders of a nullable are normalized', () => {
    for (const anyOf of [
      [trimmed, { type: 'null' }],
      [{ type: 'null' }, trimmed],
    ]) {
      expect(normalized({ anyOf }, '" a "')).toBe('a')
    }
  })

  test('the items of a tuple are normalized by their own schema', () => {
    const schema = { type: 'array', prefixItems: [trimmed, { type: 'string' }], items: trimmed }
    expect(normalized(schema, '[" a "," b "," c "]')).toEqual(['a', ' b ', 'c'])
  })

  test('the chosen branch of a discriminated union is normalized', () => {
    const branch = (kind: string, v: unknown): unknown => ({
      type: 'object',
      properties: { kind: { const: kind }, v },
      required: ['kind', 'v'],
    })
    const schema = { type: 'array', items: { oneOf: [branch('a', trimmed), branch('b', { type: 'string' })] } }
    const payload = '[{"kind":"a","v":" x "},{"kind":"b","v":" x "}]'
    expect(normalized(schema, payload)).toEqual([
      { kind: 'a', v: 'x' },
      { kind: 'b', v: ' x ' },
    ])
  })

  test('references are followed, also recursive ones', () => {
    const schema = {
      $ref: '#/$defs/Node',
      $defs: { Node: { type: 'object', properties: { text: trimmed, next: { $ref: '#/$defs/Node' } } } },
    }
    expect(normalized(schema, '{"text":" a ","next":{"text":" b "}}')).toEqual({ text: 'a', next: { text: 'b' } })
  })
})
