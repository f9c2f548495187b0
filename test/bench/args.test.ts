// Reading the benchmark's command line.

import { expect, test } from 'vitest'
import { BadArgs, readArgs } from '../../bench/args.ts'

const known = { contenders: ['zod+zlib', 'inline-js'], sets: ['orders'] }
const read = (...argv: string[]): ReturnType<typeof readArgs> => readArgs(argv, known)

test('without arguments all contenders and the default sets run', () => {
  expect(read()).toMatchObject({ full: false, rounds: undefined, only: undefined, sets: undefined, seed: 1 })
})

test('--before-after selects the endpoint case alone', () => {
  expect(read('--before-after')).toMatchObject({ beforeAfter: true, sidecar: false })
})

test('--http-cpu is repeated for each build to compare', () => {
  expect(read('--http-cpu', 'a.js', '--http-cpu', 'b.js').httpCpu).toEqual(['a.js', 'b.js'])
  expect(read().httpCpu).toBeUndefined()
})

test('--stages takes sets, rounds, a budget and a file', () => {
  const argv = ['--stages', '--sets', 'orders', '--rounds', '3', '--budget-ms', '500', '--json', 'a.json']
  expect(read(...argv)).toMatchObject({ stages: true, sets: ['orders'], rounds: 3, budgetMs: 500, json: 'a.json' })
  expect(read()).toMatchObject({ stages: false })
})

test('lists are split at commas and lose repeats', () => {
  expect(read('--only', 'zod+zlib, inline-js,zod+zlib').only).toEqual(['zod+zlib', 'inline-js'])
})

test('--payloads is accepted without --contract', () => {
  expect(read('--payloads', 'a.ndjson')).toMatchObject({ payloads: 'a.ndjson', contract: undefined })
})

test.for([
  ['an unknown option', ['--fulll'], '--fulll'],
  ['a word without an option', ['orders'], 'orders'],
  ['a missing value', ['--json'], '--json'],
  [
    'rounds that are not an integer',
    ['--rounds', '2.5'],
    'Expected --rounds to be an integer from 1 to 1000, got `2.5`',
  ],
  ['zero rounds', ['--rounds', '0'], 'Expected --rounds'],
  ['an unknown contender', ['--only', 'zod'], 'zod+zlib, inline-js; got `zod`'],
  ['an unknown payload set', ['--sets', 'tweets'], 'got `tweets`'],
  ['a contract without payloads', ['--contract', 'a.json'], '--contract needs --payloads'],
  ['own payloads beside named sets', ['--payloads', 'a', '--contract', 'b', '--sets', 'orders'], '--sets'],
] as const)('%s is refused with a message that names it', ([, argv, message]) => {
  expect(() => read(...argv)).toThrow(BadArgs)
  expect(() => read(...argv)).toThrow(message)
})
