// The app that a daemon belongs to, by the daemon's stdin: its end says that the app is gone, and the contracts may come
// through it.

import { rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DaemonSettings } from './config/settings.ts'
import { readContractInput, type ContractBatch } from './contract-input.ts'

type OwnerSettings = Pick<DaemonSettings, 'exitWithStdin' | 'contractsFromStdin' | 'removeDirectory' | 'place'>

export class Owner {
  readonly #settings: OwnerSettings
  /** The contracts that the daemon starts with; undefined when the owner is gone before it gave them. */
  readonly firstBatch: Promise<ContractBatch | undefined>
  #isGone = false
  #handlers: { onBatch(batch: ContractBatch): void; onGone(): void } | undefined
  /** Batches that came before there were handlers. */
  readonly #early: ContractBatch[] = []

  /** Reads stdin from now on, where the settings say so. */
  constructor(settings: OwnerSettings) {
    this.#settings = settings
    if (!settings.contractsFromStdin) {
      this.firstBatch = Promise.resolve([])
      const onEnd = (): void => this.#onEnd()
      if (settings.exitWithStdin) process.stdin.on('end', onEnd).on('error', onEnd).resume()
      return
    }
    this.firstBatch = new Promise((resolve) => {
      let isFirst = true
      readContractInput(process.stdin, {
        onBatch: (batch) => {
          if (!isFirst) return this.#onBatch(batch)
          isFirst = false
          resolve(batch)
        },
        onEnd: () => {
          resolve(undefined)
          this.#onEnd()
        },
      })
    })
  }

  /** Calls the handlers from now on, also for what has happened already. */
  listen(onBatch: (batch: ContractBatch) => void, onGone: () => void): void {
    this.#handlers = { onBatch, onGone }
    for (const batch of this.#early.splice(0)) onBatch(batch)
    if (this.#isGone) onGone()
  }

  /** Removes the directory of the socket if the owner is gone, because the owner would have done it; only an empty directory. */
  cleanUp(): void {
    const { removeDirectory, place } = this.#settings
    if (!this.#isGone || !removeDirectory || place.kind !== 'path') return
    try {
      rmdirSync(dirname(place.path))
    } catch {
      // It is not empty, or removed already.
    }
  }

  #onBatch(batch: ContractBatch): void {
    if (this.#handlers === undefined) this.#early.push(batch)
    else this.#handlers.onBatch(batch)
  }

  #onEnd(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#handlers?.onGone()
  }
}
