// The run's side of a client process: one question at a time, answered when it is done.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { ContractRef } from '../contracts/sources.ts'
import type { Digest } from '../contender.ts'
import { WrongAnswer } from '../measure/rounds.ts'
import type { Reference } from '../measure/verify.ts'
import type { Answers } from './client-child.ts'
import type { Target } from './clients.ts'
import type { SocketId } from './ids.ts'

export interface Start {
  readonly id: SocketId
  readonly contract: ContractRef
  readonly digest: Digest
  readonly codec: string
  readonly target: Target
  readonly payloads: readonly Uint8Array[]
  readonly references: readonly Reference[]
}

export interface Ask {
  readonly name: keyof Answers
  readonly args: readonly unknown[]
}

export interface ClientProcess {
  readonly pid: number
  ask<N extends keyof Answers>(name: N, ...args: Parameters<Answers[N]>): ReturnType<Answers[N]>
  end(): Promise<void>
}

/** A client process; nothing is connected before `ask('start', …)`. */
export function startClient(): ClientProcess {
  const child = fork(new URL('./client-child.js', import.meta.url), { serialization: 'advanced' })
  const ended = once(child, 'exit')
  const ask = async (name: string, ...args: readonly unknown[]): Promise<unknown> => {
    const answered = once(child, 'message')
    child.send({ name, args })
    const [answer] = (await Promise.race([
      answered,
      ended.then(([code]) => Promise.reject(new Error(`A client process ended with code ${String(code)}`))),
    ])) as [{ value?: unknown; error?: string; isWrong?: boolean }]
    if (answer.error !== undefined) throw new (answer.isWrong === true ? WrongAnswer : Error)(answer.error)
    return answer.value
  }
  return {
    pid: child.pid as number,
    ask: ask as ClientProcess['ask'],
    end: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
