// What a profile says, from V8's call tree to the record, on trees that are written by hand.
import { describe, expect, test } from 'vitest'
import { analyze, type ProfileRecord, type RawProfile } from '../../src/profile/index.ts'
import { boundOf, verdictOf } from '../../src/profile/verdict.ts'

type Frame = readonly [functionName: string, url?: string, line?: number]

const app: Frame = ['handler', 'file:///app/src/orders.js', 9]
const router: Frame = ['dispatch', '/app/node_modules/router/lib/route.js', 90]
const parse: Frame = ['parse', '/pkg/dist/cli/profile-agent.cjs', 3]
const stringify: Frame = ['stringify', '/pkg/dist/cli/profile-agent.cjs', 7]
const idle: Frame = ['(idle)']
const gc: Frame = ['(garbage collector)']

/** Each stack, from the outermost function to the innermost, lasts 10 ms; one sample a stack. */
function recordOf(stacks: readonly (readonly Frame[])[], given: Partial<RawProfile> = {}): ProfileRecord {
  const nodes: { id: number; callFrame: RawProfile['nodes'][number]['callFrame']; children: number[] }[] = []
  const add = ([functionName, url = '', line = 0]: Frame): number => {
    const isBuiltin = url === '' && line === 0
    const callFrame = { functionName, url, scriptId: url, lineNumber: isBuiltin ? -1 : line - 1, columnNumber: 0 }
    return nodes.push({ id: nodes.length + 1, callFrame, children: [] })
  }
  const root = add(['(root)'])
  const sampled = stacks.map((stack) =>
    stack.reduce((parent, frame) => {
      const id = add(frame)
      nodes[parent - 1]?.children.push(id)
      return id
    }, root),
  )
  const raw: RawProfile = {
    pid: 7,
    ppid: 1,
    script: '/app/server.js',
    cwd: '/app',
    node: '20.20.2',
    execPath: '/usr/bin/node',
    intervalMicros: 2000,
    startMs: 5,
    windowMs: stacks.length * 10,
    endedEarly: false,
    requests: 3,
    nodes,
    at: stacks.map((_, i) => i * 10),
    lasted: stacks.map(() => 10),
    sampled,
    routed: stacks.map(() => -1),
    routedMs: stacks.length * 10,
    routes: [],
    routeFunctions: [],
    due: [0],
    late: [0],
    gc: [],
    jsonCalls: 0,
    cpuMs: 0,
    mainCpuMs: null,
    workers: 0,
    ...given,
  }
  const cost = { perSampleMicros: 20, perJsonCallMicros: 0.01 }
  return analyze({ profiles: [raw], cost, sidelane: '0.1.0', ownFolder: '/pkg/dist/', cwd: '/app' })
}

const module = (name: string): Frame => ['check', `/app/node_modules/${name}/index.js`, 5]

/** The one category that one stack belongs to, and its library. */
function kindOf(...stack: readonly Frame[]): string {
  const { categories } = recordOf([stack])
  const found = categories.find(({ share }) => share === 1)
  return `${found?.category} ${found?.libraries[0]?.name ?? ''}`.trim()
}

describe('where time belongs', () => {
  test.for([
    ['parse JSON.parse', [app, parse]],
    ['stringify JSON.stringify', [app, stringify]],
    ['stringify JSON.stringify', [app, stringify, ['toJSON', 'file:///app/src/date.js', 1]]],
    ['parse secure-json-parse', [module('fastify'), module('secure-json-parse')]],
    ['parse JSON.parse', [app, module('zod'), ['transform', 'file:///app/src/schema.js', 3], parse]],
    ['validation zod', [app, module('zod')]],
    ['validation zod', [app, module('.pnpm/zod@4.6.7/node_modules/zod'), ['refine', 'file:///app/src/schema.js', 3]]],
    ['validation @sinclair/typebox', [app, module('@sinclair/typebox')]],
    ['validation class-validator', [app, module('class-validator')]],
    ['validation ajv', [app, ['validate10', '', 2]]],
    [
      'validation ajv',
      [
        ['validateParam', '/app/node_modules/fastify/lib/validation.js', 8],
        ['anonymous', '', 2],
      ],
    ],
    [
      'stringify fast-json-stringify',
      [
        ['serialize', '/app/node_modules/fastify/lib/reply.js', 8],
        ['anonymous0', '', 2],
      ],
    ],
    // A validator's middleware calls what comes after it.
    ['otherJs', [module('express-validator'), router, app]],
    ['compression node:zlib', [app, ['gzipSync', 'node:zlib', 9], ['writeSync']]],
    // A stream's callback runs code of the app.
    ['otherJs', [['processCallback', 'node:zlib', 9], ['emit', 'node:events', 5], app]],
    ['compression fflate', [app, module('fflate')]],
    ['hashing node:crypto', [app, ['update', 'node:internal/crypto/hash', 9], ['update']]],
    ['hashing @noble/hashes', [app, module('@noble/hashes')]],
    ['otherJs', [app, router]],
    ['otherJs', [app, ['RegExp: a+']]],
    ['native', [['onread', 'node:net', 4], ['writev']]],
    ['native', [['(program)']]],
    ['gc', [gc]],
    ['idle', [idle]],
    ['otherJs', [['probeTick', '/pkg/dist/cli/profile-agent.cjs', 90]]],
    [
      'sidelane sidelane',
      [app, ['runAs', '/pkg/dist/chunks/call.js', 1], ['process', '/pkg/dist/chunks/native.js', 2], ['process']],
    ],
    // The dispatch of a pool is what moving costs.
    ['otherJs', [app, ['run', '/pkg/dist/chunks/call.js', 1], ['dispatch', '/pkg/dist/chunks/pool.js', 2]]],
  ] as const)('%s', ([expected, stack]) => {
    expect(kindOf(...stack)).toBe(expected)
  })

  test('the site is the nearest function of the app, else of the framework', () => {
    const { callSites } = recordOf([
      [['outer', 'file:///app/src/main.js', 2], app, module('zod')],
      [module('body-parser'), module('secure-json-parse'), parse],
      [app, module('zod')],
    ])
    expect(callSites).toEqual([
      { category: 'validation', function: 'handler', file: 'src/orders.js', line: 9, share: expect.closeTo(2 / 3) },
      { category: 'parse', function: 'check', file: 'body-parser/index.js', line: 5, share: expect.closeTo(1 / 3) },
    ])
  })

  test('a route has what ran for its requests, and where its functions are on the stack', () => {
    const { routes } = recordOf([[app, parse], [['onEnd'], parse], [['later', 'file:///app/src/b.js', 3]], [idle]], {
      routes: [
        { name: 'POST /orders', requests: 2 },
        { name: 'GET /never', requests: 0 },
      ],
      routed: [-1, 0, -1, 0],
      routeFunctions: [{ route: 0, scriptId: 'file:///app/src/orders.js', lineNumber: 8, columnNumber: 0 }],
    })
    expect(routes).toEqual([{ route: 'POST /orders', requests: 2, share: 0.5, movable: 0.5 }])
  })

  test('where routes were noted for a part of the window, their shares are of that part', () => {
    const { routes, notSeen } = recordOf([[app, parse], [idle], [app, parse], [app, parse]], {
      routes: [{ name: 'POST /orders', requests: 2 }],
      routed: [0, -1, -1, -1],
      routedMs: 20,
      routeFunctions: [{ route: 0, scriptId: 'file:///app/src/orders.js', lineNumber: 8, columnNumber: 0 }],
    })
    expect(routes).toEqual([{ route: 'POST /orders', requests: 2, share: 0.5, movable: 0.5 }])
    expect(notSeen.join(' ')).toContain('Routes were noted for the first 0.0 s')
  })
})

describe('what moving could win', () => {
  test("Amdahl's law, with the collections that followed movable work", () => {
    const { bound, verdict, answers } = recordOf([[app, parse], [gc], [app], [gc], [idle]])
    expect(bound.movable).toBeCloseTo(0.4)
    expect(bound.movableOfBusy).toBeCloseTo(0.5)
    expect(bound.speedup).toBeCloseTo(2)
    expect(verdict.hotPath).toBe(true)
    expect(verdict.sentences[0]).toContain('at most 40 % of its time')
    expect(answers).toMatchObject({ cpuBound: true, hotPath: true })
  })

  test('under a tenth there is nothing, also where most of the little work could move', () => {
    const waits = Array.from({ length: 19 }, () => [idle])
    const { verdict, answers } = recordOf([...waits, [app, parse]])
    expect(verdict.hotPath).toBe(false)
    expect(verdict.sentences[0]).toContain('Nothing to win here')
    expect(verdict.sentences.join(' ')).toContain('profile it under that load')
    expect(answers).toEqual({ cpuBound: false, movableShare: expect.closeTo(0.05), stalls: false, hotPath: false })
  })

  test('a share that is shown as a tenth is one', () => {
    const verdictAt = (movable: number): ReturnType<typeof verdictOf>['verdict'] =>
      verdictOf({ bound: boundOf(movable, 0, { now: 1, without: 1 }), idle: 0, requests: 1, largest: undefined })
        .verdict
    expect(verdictAt(0.0996).sentences[0]).toContain('at most 10 % of')
    expect(verdictAt(0.0994).sentences[0]).toContain('is 9.9 % of')
  })

  test('rare long stalls are a hot path of their own', () => {
    const waits = Array.from({ length: 19 }, () => [idle])
    // The probe was due when the work began.
    const due = [...waits.map((_, i) => i * 10), 190]
    const { bound, verdict } = recordOf([...waits, [app, parse]], { due, late: [...waits.map(() => 0), 10] })
    expect(bound.p99).toEqual({ now: 10, without: 0 })
    expect(verdict.hotPath).toBe(true)
    expect(verdict.sentences.join(' ')).toContain('falls from 10 ms to 0.0 ms')
  })

  test('a stall counts for each moment in it', () => {
    // One stall of 100 ms among 90 ticks that came in time: a tenth of the moments waited, 55 ms on average.
    const due = Array.from({ length: 91 }, (_, i) => (i < 90 ? i * 10 : 900))
    const late = due.map((_, i) => (i < 90 ? 0 : 100))
    const { eventLoopDelay } = recordOf([[app]], { due, late })
    expect(eventLoopDelay).toEqual({ p50: 0, p99: 90, max: 100 })
    const half = recordOf([[app]], { due: due.slice(45), late: late.slice(45) }).eventLoopDelay
    expect(half.p50).toBe(0)
    expect(half.p99).toBe(100)
  })

  test('a machine with other work to do is named', () => {
    const busy = { cpuMs: 3, mainCpuMs: 2 }
    expect(recordOf([[app]], busy).notSeen.join(' ')).toContain('Other programs had the core')
    expect(recordOf([[app]], { cpuMs: 12, mainCpuMs: 10 }).notSeen.join(' ')).not.toContain('Other programs')
  })
})

test('as many pauses of garbage collection as an hour may have', () => {
  const { gc: pauses } = recordOf([[idle]], { gc: Array<number>(300_000).fill(2) })
  expect(pauses).toEqual({ count: 300_000, total: 600_000, max: 2 })
})
