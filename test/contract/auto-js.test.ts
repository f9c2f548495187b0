// Conformance: the caller's thread and worker threads, js engine.
import { describeContract } from '../contract.case.ts'

describeContract('auto, js engine', { placement: 'auto', engine: 'js' }, [
  {
    reason: 'what runs inline is answered inside the call: test/placements/auto.test.ts destroys what is in the pool',
    tests: ['destroy fails the calls in flight'],
  },
])
