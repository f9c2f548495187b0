// The caller's own thread: a payload is processed inside the call. There is no queue and no deadline.

import { toFault, type Call, type Contract, type LoadedEngineReport, type Placement } from '../model/index.ts'
import { checkHeap, payloadBytes, type CompiledContract, type Engine } from '../engine/index.ts'
import { ContractTable } from './contract-table.ts'

export class InlinePlacement implements Placement {
  readonly name = 'inline'
  /** A call ends before the next one starts. */
  readonly busyDepth = 1
  readonly engine: LoadedEngineReport
  readonly #engine: Engine
  readonly #takesLarge: boolean
  readonly #contracts = new ContractTable<CompiledContract>({ withTables: true })
  readonly #compiled: readonly CompiledContract[] = this.#contracts.entries

  /** `takesLarge`: payloads of every size that a contract admits. */
  constructor(engine: Engine, takesLarge = true) {
    this.#engine = engine
    this.#takesLarge = takesLarge
    this.engine = engine.report
  }

  add(contract: Contract, given: Uint8Array | undefined): number {
    return this.#contracts.add(contract, given, (_, digestKey) => {
      if (this.#takesLarge) checkHeap(contract, this.engine)
      return this.#engine.compile(contract, { digestKey })
    })
  }

  readonly run = (call: Call): void => this.runAs(call, call.route.contractIndex)

  /**
   * `contractIndex`: the number of the call's contract here, where its route has that of another placement.
   * src/profile/classify.ts knows the name.
   */
  runAs(call: Call, contractIndex: number): void {
    call.phase = 'running'
    const bytes = call.readPayload(payloadBytes)
    if (bytes === undefined) return
    try {
      const compiled = this.#compiled[contractIndex] as CompiledContract
      call.settle(compiled.process(bytes, call.canonical))
    } catch (error) {
      call.fail(toFault(error))
    }
  }

  stop(): Promise<void> {
    for (const compiled of this.#compiled) compiled.dispose()
    return Promise.resolve()
  }
}
