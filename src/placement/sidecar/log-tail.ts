// The last lines that a launched daemon wrote to its log, for the message when it does not start.

const mostChars = 2000

export class LogTail {
  #text = ''
  #line = ''

  get text(): string {
    return this.#text.trim()
  }

  note(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-mostChars)
  }

  /** True when a line says that the contracts could not be read again. */
  push(chunk: Buffer): boolean {
    const lines = (this.#line + chunk.toString('latin1')).split('\n')
    this.#line = (lines.pop() as string).slice(-mostChars)
    for (const line of lines) this.note(line)
    return lines.some((line) => line.includes('"event":"reload_failed"'))
  }
}
