// Builds and runs the clients in other languages.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

export interface Language {
  readonly name: 'go' | 'python'
  readonly tool: string
  readonly file: string
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export const languages: readonly Language[] = [
  { name: 'go', tool: 'go', file: here('caller.go') },
  { name: 'python', tool: 'python3', file: here('caller.py') },
]

let folder: string | undefined
// Registered when a test file imports this: one registered by a test that runs is not called.
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})

/** Compiles once for each test file: the compiler takes seconds. */
function compile(file: string): string {
  if (folder !== undefined) return join(folder, 'caller')
  const created = mkdtempSync(join(tmpdir(), 'sidelane-go-'))
  execFileSync('go', ['build', '-o', join(created, 'caller'), file])
  folder = created
  return join(folder, 'caller')
}

/** The command of a client, compiled if necessary. Needs the language's tool. */
export const commandOf = ({ tool, file, name }: Language): readonly [string, ...string[]] =>
  name === 'go' ? [compile(file)] : [tool, file]

export interface Conversation {
  /** Sends one payload to the client's stdin. */
  write(payload: string): void
  /** The complete lines printed so far. */
  lines(): string[]
  /** Closes stdin; resolves with the exit code. */
  end(): Promise<number | null>
}

export function callWith(
  [command, ...args]: readonly [string, ...string[]],
  socket: string,
  contract: string,
): Conversation {
  const child = spawn(command, [...args, socket, contract], { stdio: ['pipe', 'pipe', 'inherit'] })
  // A client that has ended reads no more.
  child.stdin.on('error', () => {})
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    write: (payload) => void child.stdin.write(`${payload}\n`),
    lines: () => stdout.split('\n').slice(0, -1),
    end: () => {
      child.stdin.end()
      return closed
    },
  }
}
