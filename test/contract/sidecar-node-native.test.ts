// Conformance: the Node daemon, native engine.
import { describeContract } from '../contract.case.ts'
import { oneKeyAContract } from '../support/sidecar-skips.ts'

describeContract(
  'sidecar, Node daemon, native engine',
  { placement: 'sidecar', engine: 'native', launch: { daemon: 'node' } },
  [oneKeyAContract],
)
