// The clients in other languages that docs/daemon.md shows, against both daemons: verdicts and digests equal those of inline.
import { readFileSync } from 'node:fs'
import { createProcessor } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { blocksOf } from '../docs/pages.ts'
import { daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { needTool } from '../support/tools.ts'
import { until } from '../support/until.ts'
import { callWith, commandOf, languages } from './callers.ts'

const file = socketFolder()
const contract = contractOf({ type: 'array', items: { type: 'number' } }, { name: 'numbers' })
const lockFile = file('numbers.lock.json', contract.lock)
const payloads = ['[1.0, 2]', '[1, 2', '["x"]', '[3]', '[1e400]', '']

describe.each(languages)('$name', (language) => {
  test('docs/daemon.md shows this file', () => {
    const shown = blocksOf('docs/daemon.md').filter((block) => block.language === language.name)
    expect(shown.map(({ text }) => text)).toEqual([readFileSync(language.file, 'utf8')])
  })

  test.for(daemonKinds)('gets the outcomes of inline from %s', { timeout: 120_000 }, async (kind, context) => {
    needTool(language.tool, context)
    needDaemon(kind, context)
    await using inline = await createProcessor(contract)
    const outcomes = await Promise.all(payloads.map((payload) => inline.process(payload)))
    const wanted = outcomes.map((outcome) =>
      outcome.ok ? `200 ${outcome.digest}` : `${outcome.status} ${outcome.code}`,
    )
    const socket = file(`${language.name}-${kind}.sock`)
    const daemon = await startDaemon({ kind, args: ['--socket', socket, '--contract', lockFile] })
    const longLine = callWith(commandOf(language), socket, contract.name)
    for (const payload of ['[1]', ' '.repeat(9 << 20), '[2]']) longLine.write(payload)
    // Either every line has an answer, or the exit code says that one has none.
    expect([await longLine.end(), longLine.lines().length]).toEqual(language.name === 'go' ? [1, 1] : [0, 3])

    const caller = callWith(commandOf(language), socket, contract.name)
    for (const payload of payloads) caller.write(payload)
    expect(await caller.end()).toBe(0)
    expect(caller.lines().map((line) => line.slice(0, line.lastIndexOf(' ')))).toEqual(wanted)
    // A daemon that ends closes its idle connections: the next payload takes another one.
    const late = callWith(commandOf(language), socket, contract.name)
    late.write('[1]')
    await until(() => late.lines().length === 1)
    expect(await daemon.stop()).toBe(0)
    const next = await startDaemon({ kind, args: ['--socket', socket, '--contract', lockFile] })
    late.write('[2]')
    expect(await late.end()).toBe(0)
    expect(late.lines().map((line) => line.split(' ')[0])).toEqual(['200', '200'])
    expect(await next.stop()).toBe(0)
  })
})
