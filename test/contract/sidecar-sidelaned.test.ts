// Conformance: sidelaned.
import { describeContract } from '../contract.case.ts'
import { oneKeyAContract } from '../support/sidecar-skips.ts'

describeContract('sidecar, sidelaned', { placement: 'sidecar', engine: 'native', launch: { daemon: 'sidelaned' } }, [
  oneKeyAContract,
])
