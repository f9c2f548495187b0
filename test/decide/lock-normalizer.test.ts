// Peers made from a user's lock produce the same document as ours.

import { expect, test } from 'vitest'
import { normalizer, plainSchema } from '../../src/decide/lock-normalizer.ts'

const name = { type: 'string', 'x-norm': ['trim', 'lower'] }

test('a lock without normalization needs no walk', () => {
  expect(normalizer({ type: 'object', properties: { a: { type: 'string' } } })).toBeUndefined()
})

test('marked strings are normalized at every place', () => {
  const schema = {
    type: 'object',
    properties: {
      plain: { type: 'string' },
      own: name,
      list: { type: 'array', prefixItems: [{ type: 'string' }], items: name },
      nullable: { anyOf: [{ type: 'object', properties: { a: name } }, { type: 'null' }] },
      ref: { $ref: '#/$defs/Tree' },
      kind: {
        oneOf: [
          { type: 'object', properties: { k: { const: 'a' }, v: name }, required: ['k'] },
          { type: 'object', properties: { k: { const: 'b' }, v: { type: 'string' } }, required: ['k'] },
        ],
      },
    },
    additionalProperties: name,
    $defs: { Tree: { type: 'object', properties: { name, child: { $ref: '#/$defs/Tree' } } } },
  }
  const value = {
    plain: ' A ',
    own: ' A ',
    list: [' A ', ' B '],
    nullable: { a: ' A ' },
    ref: { name: ' A ', child: { name: ' B ' } },
    kind: { k: 'a', v: ' A ' },
    other: ' C ',
    number: 1,
  }
  expect(normalizer(schema)?.(value)).toEqual({
    plain: ' A ',
    own: 'a',
    list: [' A ', 'b'],
    nullable: { a: 'a' },
    ref: { name: 'a', child: { name: 'b' } },
    kind: { k: 'a', v: 'a' },
    other: 'c',
    number: 1,
  })
})

test('only the branch selected by the discriminator is normalized', () => {
  const branch = (tag: string, v: object): object => ({ type: 'object', properties: { t: { const: tag }, v } })
  const normalize = normalizer({ oneOf: [branch('a', name), branch('b', { type: 'string' })], 'x-discriminator': 't' })
  expect(normalize?.({ t: 'b', v: ' B ' })).toEqual({ t: 'b', v: ' B ' })
  expect(normalize?.({ t: 'c', v: ' C ' })).toEqual({ t: 'c', v: ' C ' })
})

test('the schema for peers has no x- keywords', () => {
  expect(plainSchema({ oneOf: [name], 'x-discriminator': 'k' })).toEqual({ oneOf: [{ type: 'string' }] })
})
