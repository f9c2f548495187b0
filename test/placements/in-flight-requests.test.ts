// The table of the requests that a connection has in flight. What the client sends is in sidecar.test.ts.
import { describe, expect, test } from 'vitest'
import { RequestTable } from '../../src/placements/sidecar/in-flight-requests.ts'

describe('a request table', () => {
  test('finds a request by its id, until it is removed', () => {
    const table = new RequestTable(4)
    const [a, b] = [{ id: 0 }, { id: 0 }]
    table.add(a)
    table.add(b)
    expect([table.find(a.id), table.find(b.id), table.size]).toEqual([a, b, 2])
    table.remove(a)
    expect([table.find(a.id), table.find(b.id), table.size]).toEqual([undefined, b, 1])
  })

  test('gives ids that only grow, however the slots are reused', () => {
    const table = new RequestTable(3)
    const ids: number[] = []
    const stays = { id: 0 }
    table.add(stays)
    for (let i = 0; i < 50; i++) {
      const request = { id: 0 }
      table.add(request)
      ids.push(request.id)
      expect(table.find(request.id)).toBe(request)
      expect(table.find(stays.id)).toBe(stays)
      table.remove(request)
    }
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    expect(table.lastId).toBe(ids.at(-1))
  })

  test('does not take an old id for the request that has its slot now', () => {
    const table = new RequestTable(1)
    const old = { id: 0 }
    table.add(old)
    const { id } = old
    table.remove(old)
    const slots = 2
    for (let i = 0; i < slots; i++) {
      const next = { id: 0 }
      table.add(next)
      expect(table.find(id)).toBeUndefined()
      table.remove(next)
    }
  })

  test('lists its requests by id', () => {
    const table = new RequestTable(4)
    const requests = Array.from({ length: 4 }, () => ({ id: 0 }))
    for (const request of requests) table.add(request)
    table.remove(requests[0] as { id: number })
    const late = { id: 0 }
    table.add(late)
    expect(table.list()).toEqual([...requests.slice(1), late])
  })
})
