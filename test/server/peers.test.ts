// Names in certificates, as node:crypto prints them, and the shares of peers.
import { describe, expect, test } from 'vitest'
import { namesIn, Peers } from '../../src/server/tls/peers.ts'

describe('names', () => {
  const texts: readonly (readonly [text: string | undefined, names: readonly string[]])[] = [
    [undefined, []],
    ['', []],
    ['DNS:a.test', ['a.test']],
    ['DNS:A.Test, DNS:*.b.test', ['a.test', '*.b.test']],
    ['DNS:a.test, URI:spiffe://x/y, IP Address:127.0.0.1', ['spiffe://x/y', 'a.test']],
    ['URI:"spiffe://x/y, DNS:evil.test"', ['spiffe://x/y, DNS:evil.test']],
    ['DNS:"a, DNS:evil.test"', []],
    ['URI:"spiffe://x/\\"y\\", URI:spiffe://evil"', ['spiffe://x/"y", URI:spiffe://evil']],
    ['URI:a.test', []],
    ['email:a@b.test, DirName:"CN=x\\\\, DNS:evil"', []],
    // Not what node:crypto prints: nothing of it is believed.
    ['DNS:a.test,DNS:evil.test', []],
    ['DNS:a.test, "', []],
  ]
  test.each(texts)('%s', (text, names) => {
    expect(namesIn(text)).toEqual(names)
  })
})

test('connections are counted by peer, and a peer that left makes room', () => {
  const peers = new Peers(3, { connections: 2, inFlight: 1, bytes: 10 })
  const [a] = [peers.enter('a'), peers.enter('a')]
  expect(peers.enter('a')).toBe('peer_connections')
  const b = peers.enter('b')
  expect(peers.enter('c')).toBe('connections')
  if (typeof a === 'string' || typeof b === 'string') throw new Error('a slot was expected')
  expect(a === peers.enter('a')).toBe(false)
  expect([a.reserve(10), a.reserve(1), b.reserve(10)]).toEqual([true, false, true])
  a.release(4)
  expect(a.reserve(4)).toBe(true)
  peers.leave(b)
  expect(peers.enter('c')).not.toBe('connections')
})
