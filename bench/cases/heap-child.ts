// Process entry of cases/heap.ts: `node heap-child.js SHAPE CONTRACT BYTES`, processes one payload with the js engine; ends with an
// abort when the heap limit of its command line is too low. Without the check of a placement, which would refuse the contract.

import process from 'node:process'
import { createEngine } from '../../src/engine/index.ts'
import { heapContract, payloadOf, type ContractId, type ShapeId } from './heap-shapes.ts'

const [shape, contract, bytes] = process.argv.slice(2) as [ShapeId, ContractId, string]
const outcome = createEngine('js')
  .compile(heapContract(contract))
  .process(payloadOf(shape, Number(bytes)), false)
if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
