// Conformance: the Node daemon with worker threads inside, js engine.
import { describeContract } from '../contract.case.ts'
import { oneKeyAContract } from '../support/sidecar-skips.ts'

describeContract(
  'sidecar, Node daemon with a pool, js engine',
  { placement: 'sidecar', engine: 'js', threads: 1, launch: { daemon: 'node' } },
  [oneKeyAContract],
)
