// Conformance: the caller's thread, native engine.
import { describeContract } from '../contract.case.ts'

describeContract('inline, native engine', { placement: 'inline', engine: 'native' }, [
  {
    reason: 'inline answers inside the call: nothing is left to fail',
    tests: ['destroy fails the calls in flight'],
  },
])
