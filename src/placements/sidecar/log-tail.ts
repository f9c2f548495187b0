// What a launched daemon writes to its log: the events that its launcher waits for, and the last lines for the message
// when it does not start.

export interface LogEvent {
  readonly event: string
  readonly message: string
}

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

  /** The events of the lines that are whole now. */
  push(chunk: string): LogEvent[] {
    const lines = (this.#line + chunk).split('\n')
    this.#line = lines.pop() as string
    for (const line of lines) this.note(line)
    return lines.flatMap(eventOf)
  }
}

function eventOf(line: string): LogEvent[] {
  try {
    const { event, message = '' } = JSON.parse(line) as Partial<LogEvent>
    return event === undefined ? [] : [{ event, message }]
  } catch {
    // A warning of the runtime, say.
    return []
  }
}
