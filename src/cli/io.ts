// Where a command writes: data to stdout, talk to stderr. Tests hand in their own.

import { styleText } from 'node:util'

export interface Io {
  /** Data, for the next program in the pipe. */
  data(text: string): void
  /** Talk, for the person in front of it. */
  talk(text: string): void
  /** Emphasis in data that is for reading; plain where stdout is no terminal or NO_COLOR is set. */
  readonly style: (kind: 'bold' | 'dim', text: string) => string
}

/** The streams of this process. A reader that goes away early (`| head`) ends the process quietly. */
export function processIo(): Io {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  return {
    data: (text) => void process.stdout.write(text),
    talk: (text) => void process.stderr.write(`${text}\n`),
    style: (kind, text) => (color ? styleText(kind, text) : text),
  }
}
