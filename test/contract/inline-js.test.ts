// Conformance: the caller's thread, js engine.
import { describeContract } from '../contract.case.ts'

describeContract('inline, js engine', { placement: 'inline', engine: 'js' }, [
  {
    reason: 'inline answers inside the call: nothing is left to fail',
    tests: ['destroy fails the calls in flight'],
  },
])
