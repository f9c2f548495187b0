// The log of a launched daemon: its events, and its last lines for the error message when it does not start.

export interface LogEvent {
  readonly event: string
  readonly message: string
}

const maxChars = 2000

export class LogTail {
  #text = ''
  #partialLine = ''

  get text(): string {
    return this.#text.trim()
  }

  addLine(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-maxChars)
  }

  /** Returns the events of the lines that `chunk` completes. */
  push(chunk: string): LogEvent[] {
    const lines = (this.#partialLine + chunk).split('\n')
    this.#partialLine = lines.pop() as string
    for (const line of lines) this.addLine(line)
    return lines.flatMap(eventOf)
  }
}

function eventOf(line: string): LogEvent[] {
  try {
    const { event, message = '' } = JSON.parse(line) as Partial<LogEvent>
    return event === undefined ? [] : [{ event, message }]
  } catch {
    // Not a log line: the runtime prints warnings too.
    return []
  }
}
