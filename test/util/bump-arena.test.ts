// The bump arena: how blocks are filled, reused and shared.
import { describe, expect, test } from 'vitest'
import { BumpArena, type Block } from '../../src/util/bump-arena.ts'

function arenaOf(...sizes: readonly { bytes: number; maxSpare: number; spare?: Block[] }[]): {
  readonly arena: BumpArena<Uint8Array>
  readonly allocated: number[]
} {
  const allocated: number[] = []
  const allocate = (bytes: number): Uint8Array => {
    allocated.push(bytes)
    return new Uint8Array(bytes)
  }
  return { arena: new BumpArena(allocate, sizes), allocated }
}

/** What a user of the arena does with a reservation. */
function use(arena: BumpArena<Uint8Array>, bytes: number, alignment?: number): Block {
  const block = arena.reserve(bytes, alignment)
  block.used += bytes
  block.live++
  return block
}

describe('a bump arena', () => {
  test('allocates nothing before it is used', () => {
    expect(arenaOf({ bytes: 16, maxSpare: 1 }).allocated).toEqual([])
  })

  test('fills a block from front to back, then takes the next', () => {
    const { arena, allocated } = arenaOf({ bytes: 16, maxSpare: 1 })
    const first = use(arena, 6)
    expect(use(arena, 10)).toBe(first)
    expect(first.used).toBe(16)
    expect(use(arena, 1)).not.toBe(first)
    expect(allocated).toEqual([16, 16])
  })

  test('aligns a reservation within its block', () => {
    const { arena } = arenaOf({ bytes: 16, maxSpare: 1 })
    const block = use(arena, 3)
    expect(arena.reserve(4, 8)).toBe(block)
    expect(block.used).toBe(8)
  })

  test('fills the open block again when its last user is gone', () => {
    const { arena, allocated } = arenaOf({ bytes: 16, maxSpare: 1 })
    const block = use(arena, 10)
    use(arena, 6)
    arena.release(block)
    expect(block.used).toBe(16)
    arena.release(block)
    expect(use(arena, 16)).toBe(block)
    expect(allocated).toEqual([16])
  })

  test('keeps as many empty blocks of each size as it may', () => {
    const { arena, allocated } = arenaOf({ bytes: 16, maxSpare: 2 }, { bytes: 64, maxSpare: 1 })
    const small = [use(arena, 16), use(arena, 16), use(arena, 16), use(arena, 16)]
    const large = [use(arena, 50), use(arena, 60)]
    for (const block of [...small, ...large]) arena.release(block)
    allocated.length = 0
    const again = [use(arena, 16), use(arena, 16), use(arena, 16), use(arena, 16)]
    expect(again.filter((block) => small.includes(block))).toHaveLength(3)
    expect(large).toContain(use(arena, 64))
    use(arena, 64)
    expect(allocated).toEqual([16, 64])
  })

  test('gives a request larger than all classes a block of its own, which is not kept', () => {
    const { arena, allocated } = arenaOf({ bytes: 16, maxSpare: 4 })
    const open = use(arena, 4)
    const huge = use(arena, 100)
    expect(use(arena, 4)).toBe(open)
    arena.release(huge)
    expect(use(arena, 100)).not.toBe(huge)
    expect(allocated).toEqual([16, 100, 100])
  })

  test('gives up its open block when that is empty, and only then', () => {
    const spare: Block[] = []
    const { arena } = arenaOf({ bytes: 16, maxSpare: 1, spare })
    const block = use(arena, 4)
    arena.trim()
    expect(spare).toEqual([])
    arena.release(block)
    arena.trim()
    expect(spare).toEqual([block])
  })

  test('takes the empty blocks of another arena with the same list', () => {
    const size = { bytes: 16, maxSpare: 1, spare: [] }
    const [one, other] = [arenaOf(size), arenaOf(size)]
    const block = use(one.arena, 16)
    use(one.arena, 16)
    one.arena.release(block)
    expect(use(other.arena, 1)).toBe(block)
    expect(other.allocated).toEqual([])
  })
})
