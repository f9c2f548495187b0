// The processor of a route: given, or opened on a host.

import { invalidOptions, SidelaneError, type Contract, type Host, type Processor } from '../model/index.ts'
import { misuseTexts as texts } from '../tables/framework-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { checkReceiveOptions, type ReceiveOptions } from './receive-options.ts'

/** A processor of any contract. */
export type AnyProcessor = Processor<unknown, unknown, boolean, boolean>

/** What processes the payloads of routes: a processor, or a host of many. */
export type Source = AnyProcessor | Host

const opened = new WeakMap<Host, WeakMap<Contract, AnyProcessor>>()

/**
 * The processor for the options of a route, by its contract or the name of it. A host opens one for each contract, once.
 * Throws `contract.unknown` for a contract that the processor does not serve, and `options.invalid`.
 */
export function processorOf(source: Source, options: ReceiveOptions): AnyProcessor {
  checkReceiveOptions(options)
  const { contract } = options
  if (typeof source !== 'object' || source === null) throw invalidOptions(texts.source)
  if ('process' in source) {
    if (contract !== undefined) checkServed(source.contract, contract)
    return source
  }
  if (!('processor' in source)) throw invalidOptions(texts.source)
  if (typeof contract !== 'object') throw invalidOptions(texts.nameOfHost)
  let known = opened.get(source)
  if (known === undefined) opened.set(source, (known = new WeakMap()))
  let processor = known.get(contract)
  if (processor === undefined) known.set(contract, (processor = source.processor(contract)))
  return processor
}

function checkServed(own: Contract, wanted: Contract | string): void {
  const name = typeof wanted === 'string' ? wanted : wanted.name
  if (own.name !== name) {
    throw new SidelaneError('contract.unknown', {
      message: fillTemplate(texts.otherContract, { own: own.name, wanted: name }),
    })
  }
  if (typeof wanted !== 'string' && own.id !== wanted.id) {
    throw new SidelaneError('contract.mismatch', { message: fillTemplate(texts.otherContent, { own: own.name }) })
  }
}
