// Conformance: the Node daemon, js engine.
import { describeContract } from '../contract.case.ts'
import { oneKeyAContract } from '../support/sidecar-skips.ts'

describeContract(
  'sidecar, Node daemon, js engine',
  { placement: 'sidecar', engine: 'js', launch: { daemon: 'node' } },
  [oneKeyAContract],
)
