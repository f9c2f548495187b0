// Runs a part of a measurement in a child process. The run sends one request at a time: an answer does not name its
// request. The file of a child is named *-child.ts.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { WrongAnswer } from './wrong-answer.ts'

type Questions = Readonly<Record<string, (...args: never[]) => unknown>>

export interface Child<Q extends Questions> {
  readonly pid: number
  ask<N extends keyof Q & string>(name: N, ...args: Parameters<Q[N]>): Promise<Awaited<ReturnType<Q[N]>>>
  end(): Promise<void>
  /** At once. */
  kill(): void
}

interface Ask {
  readonly name: string
  readonly args: readonly unknown[]
}

interface Reply {
  readonly value?: unknown
  readonly error?: string | undefined
  readonly isWrong?: boolean
}

/**
 * `Q`: the type of the functions that the child passes to `answerAsks`. `stdout`: the stream of this process that the child
 * prints to; with `stderr` it has no standard input.
 */
export function startChild<Q extends Questions>(
  file: URL,
  execArgv: readonly string[] = [],
  stdout: 'stdout' | 'stderr' = 'stdout',
): Child<Q> {
  const child = fork(file, {
    serialization: 'advanced',
    execArgv: [...execArgv],
    stdio: [stdout === 'stdout' ? 'inherit' : 'ignore', stdout === 'stdout' ? 1 : 2, 2, 'ipc'],
  })
  const ended = once(child, 'exit')
  const ask = async (name: string, ...args: readonly unknown[]): Promise<unknown> => {
    const answered = once(child, 'message')
    child.send({ name, args } satisfies Ask)
    const lost = ended.then(([code]) => Promise.reject(new Error(`${file.pathname} ended with code ${String(code)}`)))
    const [{ value, error, isWrong }] = (await Promise.race([answered, lost])) as [Reply]
    if (error !== undefined) throw new (isWrong === true ? WrongAnswer : Error)(error)
    return value
  }
  return {
    pid: child.pid as number,
    ask: ask as Child<Q>['ask'],
    end: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

/** For the child. It exits when the run has no more requests or has ended. */
export function answerAsks(answers: Questions): void {
  process.on('message', ({ name, args }: Ask) => {
    const answer = answers[name] as (...given: readonly unknown[]) => unknown
    Promise.resolve()
      .then(() => answer(...args))
      .then(
        (value) => process.send?.({ value } satisfies Reply),
        (error: Error) => {
          const isWrong = error instanceof WrongAnswer
          process.send?.({ error: isWrong ? error.message : error.stack, isWrong } satisfies Reply)
        },
      )
      .catch(() => {})
  })
  process.on('disconnect', () => process.exit())
}
