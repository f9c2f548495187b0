import { describe, expect, test } from 'vitest'
import { LinkedList, type Linked } from '../../src/util/linked-list.ts'

class Item implements Linked<Item> {
  readonly name: string
  next: Item | undefined
  previous: Item | undefined

  constructor(name: string) {
    this.name = name
  }
}

const names = (list: Iterable<Item>): string => [...list].map(({ name }) => name).join('')

function listOf(text: string): { readonly list: LinkedList<Item>; readonly items: readonly Item[] } {
  const list = new LinkedList<Item>()
  const items = [...text].map((name) => new Item(name))
  for (const item of items) list.push(item)
  return { list, items }
}

/** Both directions, the ends and the size agree. */
function expectList(list: LinkedList<Item>, text: string): void {
  expect(names(list)).toBe(text)
  const back: string[] = []
  for (let item = list.last; item !== undefined; item = item.previous) back.unshift(item.name)
  expect([back.join(''), list.size]).toEqual([text, text.length])
}

describe('removal', () => {
  test('of any item keeps the others in order', () => {
    for (const [index, left] of ['bcd', 'acd', 'abd', 'abc'].entries()) {
      const { list, items } = listOf('abcd')
      expect(list.remove(items[index] as Item)).toBe(true)
      expectList(list, left)
    }
  })

  test('of an item that is in no list changes nothing', () => {
    const { list, items } = listOf('abc')
    expect(list.remove(new Item('x'))).toBe(false)
    list.remove(items[1] as Item)
    expect(list.remove(items[1] as Item)).toBe(false)
    expectList(list, 'ac')
    list.push(items[1] as Item)
    expectList(list, 'acb')
  })

  test('of the only item leaves an empty list', () => {
    const { list, items } = listOf('a')
    expect([list.remove(items[0] as Item), list.remove(items[0] as Item)]).toEqual([true, false])
    expectList(list, '')
    expect(list.shift()).toBeUndefined()
  })
})

describe('an iteration', () => {
  /** What it visits when the visit of `at` removes these items. */
  function visits(at: string, removed: string): string {
    const { list, items } = listOf('abcde')
    let seen = ''
    for (const { name } of list) {
      seen += name
      if (name === at) for (const item of items) if (removed.includes(item.name)) list.remove(item)
    }
    return seen
  }

  test('goes on when items are removed, whichever they are', () => {
    expect(visits('b', 'b')).toBe('abcde')
    expect(visits('b', 'c')).toBe('abde')
    expect(visits('b', 'bc')).toBe('abde')
    expect(visits('b', 'abcd')).toBe('abe')
    expect(visits('b', 'cde')).toBe('ab')
    expect(visits('e', 'abcde')).toBe('abcde')
  })

  test('goes on when the next item moves to the end', () => {
    const { list, items } = listOf('abc')
    let seen = ''
    for (const { name } of list) {
      seen += name
      if (name !== 'a') continue
      list.remove(items[1] as Item)
      list.push(items[1] as Item)
    }
    expect(seen).toBe('acb')
  })

  test('inside of another one is another one', () => {
    const { list, items } = listOf('abcd')
    let seen = ''
    for (const { name } of list) {
      seen += name
      if (name !== 'a') continue
      for (const inner of list) {
        seen += inner.name.toUpperCase()
        if (inner.name === 'b') list.remove(items[2] as Item)
      }
    }
    expect(seen).toBe('aABDbd')
  })

  test('that is left early does not follow later removals', () => {
    const { list, items } = listOf('ab')
    for (const _item of list) break
    list.remove(items[1] as Item)
    expectList(list, 'a')
  })
})
