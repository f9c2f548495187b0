// The tables of WIRE.md against the constants of the code.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorTable } from '../../src/model/index.ts'
import * as wire from '../../src/wire/index.ts'

const page = readFileSync(new URL('../../src/wire/WIRE.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )

const { kinds, flags, fields } = wire

test('the kinds have the numbers of the page', () => {
  const named = rows.filter(([, name]) => /^[A-Z]{4,}$/.test(name ?? ''))
  expect(Object.fromEntries(named.map(([number, name]) => [name?.toLowerCase(), Number(number)]))).toEqual(kinds)
})

test('the flags of a REQUEST have the bits of the page', () => {
  const [, , , cell = ''] = rows.find(([, name]) => name === 'REQUEST') ?? []
  expect(Object.fromEntries([...cell.matchAll(/(\d) (\w+)/g)].map(([, bit, name]) => [name, Number(bit)]))).toEqual(
    flags,
  )
})

test('the fields of HELLO have the types of the page', () => {
  const typed = rows.flatMap(([cell = '', from]) => {
    const [, number, name] = /^(\d+) ([A-Z]+)$/.exec(cell) ?? []
    return number === undefined ? [] : [[`${from} ${name}`, Number(number)]]
  })
  expect(Object.fromEntries(typed)).toEqual({
    'client CONTRACT': fields.contractRequest,
    'client CLIENT': fields.client,
    'server CONTRACT': fields.contractStatus,
    'server SERVER': fields.server,
    'server ENGINE': fields.engine,
    'server LIMITS': fields.limits,
  })
})

test('the header has the length of the page', () => {
  const from = rows.findIndex(([, , name]) => name === '`length`')
  const places = rows.slice(from, from + 7).map(([offset, size]) => [Number(offset), Number(size)] as const)
  let end = 0
  for (const [offset, size] of places) {
    expect(offset).toBe(end)
    end += size
  }
  expect(end).toBe(wire.headerBytes)
})

test('the codes have the numbers of the page', () => {
  const numbered = [...page.matchAll(/`([a-z]+\.[a-z_]+)` \((\d+)\)/g)]
  expect(numbered.length).toBeGreaterThan(1)
  for (const [, code, number] of numbered) {
    expect(errorTable[code as keyof typeof errorTable].wire).toBe(Number(number))
  }
})

test.each([
  [`Each side begins with ${wire.prefaceBytes} bytes`],
  [`protocol version: ${wire.protocolVersion}`],
  [`\`${wire.noDeadline.toString(16).toUpperCase()}\` without a limit`],
  [`trace context if flagged (${wire.traceBytes} bytes)`],
  [`fewer than ${wire.traceBytes} bytes`],
  [`HELLO longer than ${wire.maxHelloBytes.toLocaleString('en')} bytes`],
  [`PING or PONG longer than ${wire.maxPingBytes} bytes`],
  [`at most ${wire.maxClientBytes} bytes`],
  [`1 to ${wire.maxNameBytes} bytes: \`[A-Za-z0-9][A-Za-z0-9._-]{0,${wire.maxNameBytes - 1}}\``],
  [`largest \`maxBytes\` of its contracts + ${wire.requestSlackBytes.toLocaleString('en')}`],
  [`[${wire.answerCap(1).toLocaleString('en')}, or`],
  [`ERROR may have ${wire.maxFaultBytes.toLocaleString('en')}`],
  [`in flight on the connection [${wire.defaultInFlight}]`],
])('the page states "%s"', (words) => {
  expect(page).toContain(words)
})
