// Conformance: worker threads, native engine.
import { describeContract } from '../contract.case.ts'

describeContract('pool, native engine', { placement: 'pool', engine: 'native' })
