// The progress line on stderr.

import { describe, expect, it, vi } from 'vitest'
import { openSamples } from '../../src/cli/input/sample-files.ts'
import { WatchedSamples } from '../../src/cli/input/watched-samples.ts'
import type { Io } from '../../src/cli/io.ts'
import { Progress, progressLine } from '../../src/cli/progress.ts'
import { temporaryFiles } from '../support/cli.ts'

const file = temporaryFiles()

describe('progress', () => {
  it('shows rate, rejects, and the remaining time when the size is known', () => {
    const state = { lines: 1200, bad: 3, bytes: 4 * 1024 * 1024 }
    expect(progressLine(state, 2000, undefined)).toBe('1,200 lines  600/s  2.0 MiB/s  3 bad')
    expect(progressLine({ ...state, bad: 0 }, 2000, 16 * 1024 * 1024)).toBe(
      '1,200 lines  600/s  2.0 MiB/s  25 %  0:06 left',
    )
    expect(progressLine({ lines: 0, bad: 0, bytes: 0 }, 0, 0)).toBe('0 lines  0/s  0 B/s')
  })

  it.each([
    [20, true],
    [undefined, false],
  ])('on a terminal of %s columns, the line is drawn: %s', async (columns, shown) => {
    let written = ''
    const log = { write: (text: string) => (written += text) }
    const streams = { log, columns: () => columns } as unknown as ConstructorParameters<typeof Progress>[0]
    const progress = new Progress(streams, undefined, () => ({ lines: 123_456, bad: 0, bytes: 1 }))
    progress.start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    progress.end()
    const clear = '\r\u001b[2K'
    expect(written.replaceAll(clear, '|')).toMatch(shown ? /^\|123,456 lines  \d{2,4},?\|$/ : /^$/)
  })

  it('of samples is cleared ahead of a message, and where the reading ends early', () => {
    let written = ''
    const log = { write: (text: string) => (written += text) }
    const terminal = { log, columns: () => 80 }
    const io = { terminal, log: (text: string) => (written += `${text}\n`) } as unknown as Io
    const samples = new WatchedSamples(openSamples(file('samples.ndjson', '1\n2\n3\n4\n')), io)
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
    for (const sample of samples) {
      if (sample[0] === 0x33) samples.report('bad')
      if (sample[0] === 0x34) break
    }
    clock.mockRestore()
    const drawn = written.replaceAll('\r\u001b[2K', '|').replaceAll(/(?<=lines)[^|\n]*/g, '')
    expect(drawn).toBe('|1 lines|2 lines|line 3: bad\n|3 lines|')
  })
})
